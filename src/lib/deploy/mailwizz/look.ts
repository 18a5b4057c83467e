import { EeError } from '../../errors.js';
import type { Connection } from '../../mailwizz/configuration.js';
import {
  CONFIG_FILE,
  CONTENT_TABLES,
  DATA_TABLES,
  INIT_FILE,
  INSTALLED_MARK,
  INSTALLER,
  SQL_FILES,
  TABLE_PREFIX,
} from '../../mailwizz/layout.js';
import type { Seen } from '../../mailwizz/state.js';
import { parseUnderWay } from '../../mailwizz/under-way.js';
import { versionIn } from '../../mailwizz/version.js';
import { WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import { phpCommand } from '../../roles/panel-php.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { quote } from '../../ssh/shell-quote.js';
import { Answers } from '../status/proof.js';
import { UNDER_WAY } from './panel/under-way.js';
import { succeed } from './succeed.js';

/** Tables whose rows tell whose database it is. */
const COUNTED = [...CONTENT_TABLES, ...DATA_TABLES, 'user'] as const;

/** Looks at the application and its database, in one round trip; changes nothing. */
export async function lookAtMailwizz(host: Host, settings: Settings, php: string, signal: AbortSignal): Promise<Seen> {
  const output = await succeed(host, lookScript(settings.mailwizz, php), 'looking at MailWizz', signal);
  return parseLook(output, host.name);
}

/** Lines `name<TAB>value`. Where a table is missing, its count is. */
export function lookScript({ database, admin }: Settings['mailwizz'], php: string): string {
  const rows = COUNTED.map(
    (table) => `SELECT 'rows', '${table}', COUNT(*) FROM \`${database.name}\`.\`${TABLE_PREFIX}${table}\`;`,
  );
  const email = Buffer.from(admin.email).toString('hex');
  return [
    `root=${quote(WEB_ROOT)}`,
    `[ ! -f ${UNDER_WAY} ] || sed 's/^/under-way\\t/' ${UNDER_WAY}`,
    `[ -f "$root/${INIT_FILE}" ] || exit 0`,
    `sed -n '/MW_VERSION/s/^/version\\t/p' "$root/${INIT_FILE}" | head -n 1`,
    `if [ -d "$root/${INSTALLER}" ]; then printf 'installer\\t%s\\n' "$(grep -h -m 1 MW_VERSION "$root/${INSTALLER}/index.php" 2>/dev/null)"; fi`,
    `[ ! -f "$root/${INSTALLED_MARK}" ] || printf 'proven\\tyes\\n'`,
    `sed -n 's/^CREATE TABLE \\(IF NOT EXISTS \\)\\{0,1\\}\`\\([A-Za-z0-9_]*\\)\`.*/schema\\t\\2/p' "$root/${SQL_FILES[0] ?? ''}" 2>/dev/null`,
    `if [ -e "$root/${CONFIG_FILE}" ]; then`,
    'found=$(',
    phpCommand(php, WEB_USER, 'configuration', { file: `${WEB_ROOT}/${CONFIG_FILE}` }),
    ') || found=unreadable',
    `printf 'configuration\\t%s\\n' "$found"`,
    'fi',
    `mariadb -N -B -e 'SELECT 1' >/dev/null 2>&1 || printf 'unanswered\\tyes\\n'`,
    // What is missing is told on the other stream, and the next statement is run.
    `mariadb --force -N -B <<'EE_SQL' 2>/dev/null || :`,
    `SELECT 'database', 'yes' FROM information_schema.schemata WHERE schema_name = '${database.name}';`,
    `SELECT 'table', table_name FROM information_schema.tables WHERE table_schema = '${database.name}';`,
    ...rows,
    `SELECT 'administrator', COUNT(*) FROM \`${database.name}\`.\`${TABLE_PREFIX}user\` WHERE email = _utf8mb4 X'${email}';`,
    'EE_SQL',
  ].join('\n');
}

export function parseLook(output: string, host: string): Seen {
  const answers = new Answers(output);
  const version = versionIn(answers.one('version'));
  const installer = answers.names().includes('installer') ? versionIn(answers.one('installer')) : null;
  const configuration = answers.names().includes('configuration')
    ? configurationOf(answers.one('configuration'), host)
    : undefined;
  const underWay = parseUnderWay(answers.one('under-way'));
  const rows = answers.all('rows').map((line) => line.split('\t'));
  return {
    ...(version === undefined ? {} : { version }),
    ...(installer === null ? {} : { installer: installer === undefined ? {} : { version: installer } }),
    ...(configuration === undefined ? {} : { configuration }),
    proven: answers.one('proven') === 'yes',
    ...(underWay === undefined ? {} : { underWay }),
    ...(answers.one('unanswered') === 'yes' ? { unanswered: true as const } : {}),
    ...(answers.one('database') === 'yes' ? { tables: answers.all('table') } : {}),
    schema: answers.all('schema'),
    rows: new Map(rows.map(([table = '', count = '']) => [table, Number(count)])),
    administrator: Number(answers.one('administrator')) > 0,
  };
}

function configurationOf(text: string, host: string): Connection | 'unreadable' {
  if (text === 'unreadable') return text;
  try {
    return JSON.parse(text) as Connection;
  } catch {
    throw new EeError('REMOTE_FAILED', {
      host,
      step: 'reading the configuration of MailWizz',
      status: 'no answer that makes sense',
      output: text,
    });
  }
}
