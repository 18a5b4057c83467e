import { CLOSED_MARK, INSTALLED_MARK } from '../../../mailwizz/layout.js';
import type { UnderWay } from '../../../mailwizz/under-way.js';
import { WEB_ROOT } from '../../../roles/mailwizz.js';
import { quote } from '../../../ssh/shell-quote.js';
import { END_PROCESSES } from './as-panel-user.js';
import { DONE_SCRIPT, noteScript } from './under-way.js';

/** Seconds that a scheduled command may go on: ended in the middle, one that sends would send twice. */
const PATIENCE = 600;

/**
 * Shell that closes the panel to the world and to cron, and ends who works in it still. Where a scheduled command does not end it
 * opens again and fails.
 */
export function closeScript(work: UnderWay, php: string, user: string): string {
  return [
    noteScript(work),
    `cd ${quote(WEB_ROOT)}`,
    `[ ! -f ${INSTALLED_MARK} ] || mv -T ${INSTALLED_MARK} ${CLOSED_MARK}`,
    `left=${PATIENCE}`,
    // The brackets keep grep from finding itself.
    `while running=$(grep -lsa ${quote(`${WEB_ROOT}/apps/console/[c]onsole.php`)} /proc/[0-9]*/cmdline); do`,
    '  if [ "$left" -le 0 ]; then',
    `    for file in $running; do { tr '\\0' ' ' < "$file"; echo; } 2>/dev/null || :; done`,
    `    echo 'These scheduled commands did not end within ${PATIENCE} s. The panel is open again, and as it was.'`,
    `    ${OPEN}`,
    `    ${DONE_SCRIPT}`,
    '    exit 1',
    '  fi',
    '  [ "$((left % 30))" -ne 0 ] || echo "waiting for scheduled commands to end"',
    '  left=$((left - 1))',
    '  sleep 1',
    'done',
    ...endRequests(php, user),
  ].join('\n');
}

/**
 * Shell that starts PHP anew, which keeps compiled code by its path. A unit that is started more than five times in ten seconds is
 * refused by systemd, and a run that was cut, typed again and taken back comes to that: the count begins anew as well.
 */
export const restartPhp = (php: string): string =>
  `{ systemctl reset-failed php${php}-fpm 2>/dev/null || :; systemctl restart php${php}-fpm; }`;

/** Shell that ends PHP and whatever it left running. PHP stays stopped. */
export const stopPhp = (php: string): string =>
  [END_PROCESSES, `systemctl stop php${php}-fpm`, 'ee_end_processes'].join('\n');

/** Shell that ends requests and their statements, which would go on after it, and whatever PHP left running. */
export function endRequests(php: string, user: string): string[] {
  return [
    stopPhp(php),
    restartPhp(php),
    `mariadb -N -B <<'EE_SQL' | mariadb --force || :`,
    `SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = '${user}';`,
    'EE_SQL',
  ];
}

const OPEN = `if [ -f ${CLOSED_MARK} ]; then touch ${CLOSED_MARK}; mv -T ${CLOSED_MARK} ${INSTALLED_MARK}; fi`;

/** Shell that opens what was open before. */
export const openScript = (): string => [`cd ${quote(WEB_ROOT)}`, OPEN].join('\n');
