import { CLOSED_MARK } from '../../../mailwizz/layout.js';
import type { UnderWay } from '../../../mailwizz/under-way.js';
import { WEB_ROOT } from '../../../roles/mailwizz.js';
import { quote } from '../../../ssh/shell-quote.js';
import { openScript } from './closing.js';
import { DUMP_FUNCTIONS, PROOF } from './dump.js';
import { BESIDE, DATA, keptPlaces, LEAVE_CLOSED } from './places.js';
import { DONE_SCRIPT, noteScript } from './under-way.js';

/**
 * Shell that keeps the database of a closed panel: dumped, read back and compared table by table, and only then said to be kept.
 * The web root is kept by what makes way for the next one.
 */
export function keepScript(work: UnderWay, database: string, version: string | undefined): string {
  const kept = keptPlaces(work.run);
  const known = JSON.stringify({ kind: work.kind, run: work.run, by: work.by, database, version: version ?? null });
  return [
    DUMP_FUNCTIONS,
    `(umask 077; mkdir -p ${kept.folder})`,
    `if [ ! -e ${kept.description} ]; then`,
    `  (umask 077; ee_checksums ${database} > ${kept.checksums})`,
    `  echo 'dumping the database'`,
    `  ee_dump ${database} ${kept.dump}`,
    `  echo 'reading the dump back'`,
    `  ee_proof ${kept.dump} ${kept.checksums}`,
    `  [ -f ${quote(`${WEB_ROOT}/${CLOSED_MARK}`)} ] && proven=true || proven=false`,
    '  ( umask 077',
    `    printf '%s,"proven":%s,"at":"%s","bytes":%s,"tables":%s,"kilobytes":%s}\\n' ${quote(known.slice(0, -1))} "$proven" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(stat -c %s ${kept.dump})" "$(wc -l < ${kept.checksums})" "$(du -sk ${DATA}/${database} | cut -f 1)" > ${kept.description}.part )`,
    `  sync ${kept.description}.part`,
    `  mv -T ${kept.description}.part ${kept.description}`,
    'fi',
    noteScript({ ...work, phase: 'changing' }),
  ].join('\n');
}

/**
 * Shell that ends work which has changed nothing yet: the panel opens, and what was begun beside it goes. So does its dump, which
 * would be taken for a panel that was replaced, without a web root and older than the rows that are there.
 */
export function abandonScript({ run }: UnderWay, php: string): string {
  const { folder, description } = keptPlaces(run);
  return [
    // Where it was cut between the end of PHP and its new beginning.
    `systemctl start php${php}-fpm`,
    openScript(),
    `rm -f ${description}`,
    `rm -rf ${folder}`,
    `rm -rf ${BESIDE.part} ${BESIDE.part}.* ${BESIDE.next}`,
    LEAVE_CLOSED,
    `mariadb -e 'DROP DATABASE IF EXISTS ${PROOF}' || :`,
    DONE_SCRIPT,
  ].join('\n');
}
