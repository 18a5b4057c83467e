import type { Resource } from '../converge/resource.js';
import { wantedConnection } from '../mailwizz/configuration.js';
import { CONFIG_FILE } from '../mailwizz/layout.js';
import type { Settings } from '../settings/settings.js';
import { WEB_ROOT, WEB_USER } from './panel-places.js';
import { phpCommand } from './panel-php.js';

const FILE = `${WEB_ROOT}/${CONFIG_FILE}`;
/** In a folder of root's: PHP writes to that of the configuration, and could put a link there to what is root's. */
const HIDDEN = `${WEB_ROOT}/apps/.configuration.ee-new`;

/**
 * Shell that prints the configuration as PHP, whose folder it lies in: a link put in its place leads no further than PHP itself may read,
 * and what has no end, or nobody who writes to it, ends nevertheless.
 */
export const READ_CONFIGURATION = readAsPanelUser(FILE);

/** Shell that prints a file of the panel as PHP: at most 1 MiB of it, and for 30 seconds at most. */
export function readAsPanelUser(path: string): string {
  return `runuser -u ${WEB_USER} -- timeout 30 head -c 1048576 ${path}`;
}

/** Shell that keeps a copy of the configuration for root alone, once a run, as `ee_keep` does with files of root's folders. */
export const KEEP_CONFIGURATION = [
  `if [ -f ${FILE} ] && [ ! -e "$EE_BACKUP"${FILE} ]; then`,
  '  # As ee_keep does it, but read as PHP.',
  '  ( umask 077',
  '    rm -rf "$EE_BACKUP/.half"',
  `    mkdir -p "$EE_BACKUP"${FILE.slice(0, FILE.lastIndexOf('/'))}`,
  `    ${READ_CONFIGURATION} > "$EE_BACKUP/.half"`,
  `    mv -T "$EE_BACKUP/.half" "$EE_BACKUP"${FILE} )`,
  'fi',
].join('\n');

/** Shell that gives the application a configuration which PHP reads and cannot write. `source`: shell that prints it. */
export function placeConfiguration(source: string): string {
  return [
    `rm -f ${HIDDEN}`,
    `(umask 077; : > ${HIDDEN})`,
    '{',
    source,
    `} > ${HIDDEN}`,
    `[ -s ${HIDDEN} ]`,
    `chown root:${WEB_USER} ${HIDDEN}`,
    `chmod 0440 ${HIDDEN}`,
    `mv -fT ${HIDDEN} ${FILE}`,
  ].join('\n');
}

/**
 * The database's password in the configuration of an installed panel: it follows the one of the settings, which the database has by
 * then. All else in the file is left as it is, and so is one that leads elsewhere.
 */
export function databasePassword({ mailwizz: { database } }: Settings, php: string): Resource {
  const { dsn, user } = wantedConnection(database);
  const input = { file: FILE, user, dsn, password: database.password.reveal() };
  const run = (write: boolean) => phpCommand(php, WEB_USER, 'database-password', { ...input, write });
  return {
    id: `database-password:${FILE}`,
    probe: [
      `if [ -f ${FILE} ] && [ -x /usr/bin/php${php} ] && id -u ${WEB_USER} >/dev/null 2>&1; then`,
      'said=$(',
      run(false),
      ') || said=unreadable',
      `printf '%s\\n' "$said"`,
      'fi',
    ].join('\n'),
    diff(output) {
      if (output.toString('utf8').trim() !== 'differs') return undefined;
      return {
        action: 'update',
        summary: `give the panel the password that ${user} has in the database now`,
        script: [KEEP_CONFIGURATION, placeConfiguration(run(true))].join('\n'),
      };
    },
  };
}
