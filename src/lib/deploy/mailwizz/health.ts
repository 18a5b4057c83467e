import { CRON_ENTRIES, lateCommands } from '../../mailwizz/cron.js';
import {
  CONFIG_FILE,
  INIT_FILE,
  INSTALLED_MARK,
  INSTALLER,
  TABLE_PREFIX,
  WRITABLE_FOLDERS,
} from '../../mailwizz/layout.js';
import { versionIn } from '../../mailwizz/version.js';
import { WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import type { Settings } from '../../settings/settings.js';
import { quote } from '../../ssh/shell-quote.js';
import type { Answers, Proof } from '../status/proof.js';

/** Pages of the panel, and what each must answer. The last ones are what nobody may be served. */
const PAGES: readonly { path: string; what: string; statuses: readonly string[]; holds?: readonly string[] }[] = [
  { path: '/', what: 'front page', statuses: ['200'] },
  {
    path: '/backend/index.php/guest/index',
    what: 'login of the backend',
    statuses: ['200'],
    holds: ['csrf_token', 'UserLogin'],
  },
  { path: '/customer/index.php/guest/index', what: 'login of customers', statuses: ['200'] },
  { path: '/api/index.php', what: 'API', statuses: ['200'], holds: ['{'] },
  // Newer versions answer 401; 503 means that the API is offline.
  { path: '/api/index.php/lists', what: 'API without a key', statuses: ['400', '401'], holds: ['error'] },
  { path: `/${INIT_FILE}`, what: 'code', statuses: ['403', '404'] },
  { path: `/${CONFIG_FILE}`, what: 'configuration', statuses: ['403', '404'] },
  { path: '/vendor/autoload.php', what: 'libraries', statuses: ['403', '404'] },
  { path: `/${INSTALLER}/`, what: 'wizard', statuses: ['404'] },
];

const URL_OPTIONS = ['frontend', 'backend', 'customer', 'api'].map((name) => `${name}_absolute_url`);

/** Shell that asks the installed application, on its host: lines `name<TAB>value`. It changes nothing. */
export function healthQuestions({ panelDomain, database }: Settings['mailwizz'], php: string): string {
  const curl = `curl -q -sk --max-time 20 --noproxy '*' -A ee -H 'Accept: */*' --resolve ${quote(`${panelDomain}:443:127.0.0.1`)}`;
  const table = (name: string) => `\`${database.name}\`.\`${TABLE_PREFIX}${name}\``;
  return [
    `cd ${quote(WEB_ROOT)} || exit 0`,
    ...PAGES.map(({ path, holds = [] }, index) =>
      [
        `page=$(${curl} -w '\\n%{http_code}' ${quote(`https://${panelDomain}${path}`)} || :)`,
        `printf 'page:${index}\\t%s' "$(printf '%s' "$page" | tail -n 1)"`,
        ...holds.map((text) => `case $page in *${quote(text)}*) ;; *) printf ' without %s' ${quote(text)} ;; esac`),
        'echo',
      ].join('\n'),
    ),
    `sed -n '/MW_VERSION/s/^/version\\t/p' ${INIT_FILE} | head -n 1`,
    `printf 'hello\\t%s\\n' "$(runuser -u ${WEB_USER} -- timeout 60 /usr/bin/php${php} -q apps/console/console.php hello 2>&1 | head -n 1)"`,
    `find ${WRITABLE_FOLDERS.filter((folder) => !folder.endsWith('config')).join(' ')} ! -user ${WEB_USER} 2>/dev/null | head -n 5 | sed 's/^/foreign\\t/'`,
    `find . -perm -002 ! -type l 2>/dev/null | head -n 5 | sed 's/^/open\\t/'`,
    `find . \\( ${WRITABLE_FOLDERS.map((folder) => `-path ./${folder}`).join(' -o ')} \\) -prune -o ! -type l \\( -user ${WEB_USER} -o -group ${WEB_USER} -perm -020 \\) -print 2>/dev/null | head -n 5 | sed 's/^/code\\t/'`,
    `[ ! -f ${INSTALLED_MARK} ] || printf 'installed\\t%s\\n' "$(( $(date +%s) - $(stat -c %Y ${INSTALLED_MARK}) ))"`,
    `mariadb --force -N -B <<'EE_SQL' 2>/dev/null || :`,
    `SELECT CONCAT('option:', category, '.', \`key\`), value FROM ${table('option')} WHERE (category = 'system.common' AND \`key\` IN ('version', 'site_status', 'api_status')) OR category = 'system.urls';`,
    `SELECT 'ran', c.command, TIMESTAMPDIFF(SECOND, MAX(h.date_added), UTC_TIMESTAMP()) FROM ${table('console_command')} c JOIN ${table('console_command_history')} h USING (command_id) GROUP BY c.command;`,
    'EE_SQL',
  ].join('\n');
}

/** What an installed application must prove, but for what needs time: its scheduled commands. */
export function healthProofs(answers: Answers, { panelDomain }: Settings['mailwizz']): Proof[] {
  return [
    ...PAGES.map(({ path, what, statuses }, index): Proof => {
      const seen = answers.one(`page:${index}`) || 'nothing';
      return { what, seen: `${path} answers ${seen}`, ok: statuses.includes(seen) };
    }),
    versionProof(answers),
    urlProof(answers, panelDomain),
    {
      what: 'console',
      seen: answers.one('hello') || 'says nothing: offline',
      ok: answers.one('hello') === 'Hello World!',
    },
    listProof('files of PHP', answers.all('foreign'), `all are ${WEB_USER}'s`, 'belong to somebody else'),
    listProof('code on disk', answers.all('code'), 'PHP cannot write to it', 'can be written by PHP'),
    listProof('modes', answers.all('open'), 'nothing is open to everybody', 'can be written by everybody'),
  ];
}

/** What of an installed application does not answer as it must. */
export const healthProblems = (answers: Answers, mailwizz: Settings['mailwizz']): string[] =>
  healthProofs(answers, mailwizz)
    .filter(({ ok }) => !ok)
    .map(({ what, seen }) => `${what}: ${seen}`);

function versionProof(answers: Answers): Proof {
  const files = versionIn(answers.one('version')) ?? 'unknown';
  const database = answers.one('option:system.common.version') || 'none';
  const online = ['site_status', 'api_status'].every(
    (name) => answers.one(`option:system.common.${name}`) === 'online',
  );
  return {
    what: 'version',
    seen: `${files}${database === files ? '' : `, and its database is of ${database}`}${online ? '' : ', offline'}`,
    ok: files === database && online,
  };
}

/** Mails that cron builds carry these. */
function urlProof(answers: Answers, panelDomain: string): Proof {
  const urls = URL_OPTIONS.map((name) => [name, answers.one(`option:system.urls.${name}`)] as const);
  const wrong = urls.filter(([, url]) => !url.startsWith(`https://${panelDomain}/`));
  return {
    what: 'addresses in mails',
    seen:
      wrong.length === 0
        ? `https://${panelDomain}`
        : wrong.map(([name, url]) => `${name} is ${url || 'not set'}`).join(', '),
    ok: wrong.length === 0,
  };
}

function listProof(what: string, found: readonly string[], good: string, bad: string): Proof {
  return { what, seen: found.length === 0 ? good : `${found.join(', ')} ${bad}`, ok: found.length === 0 };
}

/** Whether the scheduled commands run. */
export function cronProof(answers: Answers): Proof {
  const ran = new Map(
    answers.all('ran').map((line) => {
      const [command = '', age = ''] = line.split('\t');
      return [command, Number(age)] as const;
    }),
  );
  const late = lateCommands({ installed: Number(answers.one('installed')), ran });
  const ages = CRON_ENTRIES.map(
    ({ command }) => `${command} ${ran.has(command) ? `${ran.get(command)} s ago` : 'not yet'}`,
  );
  return {
    what: 'scheduled commands',
    seen: late.length > 0 ? late.join('; ') : `ran ${ages.join(', ')}`,
    ok: late.length === 0,
  };
}
