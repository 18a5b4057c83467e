import { CONFIG_FILE, INSTALLED_MARK } from '../../mailwizz/layout.js';
import { WEB_ROOT } from '../../roles/mailwizz.js';
import { KEEP_CONFIGURATION } from '../../roles/panel-configuration.js';
import { quote } from '../../ssh/shell-quote.js';
import { AS_PANEL_USER } from './panel/as-panel-user.js';
import { endRequests } from './panel/closing.js';
import { DUMP_FUNCTIONS } from './panel/dump.js';
import { make, type Work } from './work.js';

/** Where the copy of the database stands, below the folder of the run's copies. */
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
    ...endRequests(php, user),
    KEEP_CONFIGURATION,
    DUMP_FUNCTIONS,
    'mkdir -p -m 0700 "$EE_BACKUP"',
    `[ -e "$EE_BACKUP/${DUMP}" ] || ee_dump ${name} "$EE_BACKUP/${DUMP}"`,
    `ee_anew ${name}`,
    `cd ${quote(WEB_ROOT)}`,
    `rm -f ${CONFIG_FILE} ${INSTALLED_MARK}`,
    // It remembers the columns of tables for a year.
    `${AS_PANEL_USER} find apps/common/runtime -mindepth 1 -delete`,
  ].join('\n');
}
