import { CONFIG_FILE, INSTALLED_MARK } from '../../mailwizz/layout.js';
import { WEB_ROOT } from '../../roles/mailwizz.js';
import { quote } from '../../ssh/shell-quote.js';
import { make, type Work } from './work.js';

/** Where the copies of one run stand: below the folder that `ee_keep` writes to. */
export const DUMP = 'mailwizz-database.sql.gz';

/**
 * Takes a half-made installation back to an unpacked application with an empty database. Copies of its configuration and of its
 * tables stay beside the journal. Requests that are still importing are ended first: they would go on after it.
 */
export async function undo(work: Work, found: string): Promise<void> {
  await make(work, 'mailwizz:half-made', {
    action: 'remove',
    summary: `undo a half-made installation (${found}); copies stay on the host`,
    script: undoScript(work),
  });
}

export function undoScript({ php, answers: { database } }: Pick<Work, 'php' | 'answers'>): string {
  const { name, user } = database;
  return [
    `systemctl restart php${php}-fpm`,
    `mariadb -N -B <<'EE_SQL' | mariadb --force || :`,
    `SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = '${user}';`,
    'EE_SQL',
    `ee_keep ${quote(`${WEB_ROOT}/${CONFIG_FILE}`)}`,
    ...dumpScript(name),
    `mariadb <<'EE_SQL'`,
    `DROP DATABASE \`${name}\`;`,
    `CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;`,
    'EE_SQL',
    `cd ${quote(WEB_ROOT)}`,
    `rm -f ${CONFIG_FILE} ${INSTALLED_MARK}`,
    // It remembers the columns of tables for a year.
    'find apps/common/runtime -mindepth 1 -delete',
  ].join('\n');
}

/** A dump of the whole database, whole or not at all. */
function dumpScript(name: string): string[] {
  return [
    'mkdir -p -m 0700 "$EE_BACKUP"',
    `if [ ! -e "$EE_BACKUP/${DUMP}" ]; then`,
    '  umask 077',
    `  mariadb-dump --single-transaction --routines --triggers --hex-blob ${quote(name)} > "$EE_BACKUP/dump.part"`,
    `  gzip -c "$EE_BACKUP/dump.part" > "$EE_BACKUP/${DUMP}.part"`,
    '  rm -f "$EE_BACKUP/dump.part"',
    `  mv "$EE_BACKUP/${DUMP}.part" "$EE_BACKUP/${DUMP}"`,
    'fi',
  ];
}
