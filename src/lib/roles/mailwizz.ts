import { EeError } from '../errors.js';
import { reload, restart } from '../converge/handlers.js';
import type { HostFacts } from '../converge/host-facts.js';
import { STATE } from '../converge/paths.js';
import type { Resource } from '../converge/resource.js';
import { archive } from '../converge/resources/archive.js';
import { file } from '../converge/resources/file.js';
import { absent } from '../converge/resources/absent.js';
import { mariadbDatabase } from '../converge/resources/mariadb.js';
import { packages } from '../converge/resources/packages.js';
import { service } from '../converge/resources/service.js';
import { systemUser } from '../converge/resources/user.js';
import { CRON_ENTRIES } from '../mailwizz/cron.js';
import { CONFIG_FILE, INIT_FILE, INSTALLED_MARK } from '../mailwizz/layout.js';
import { prepareApplication } from '../mailwizz/prepare.js';
import type { Settings } from '../settings/settings.js';
import { https, HTTPS_PACKAGES, httpsWanted } from './https.js';
import type { CertificateWanted } from './lineage.js';
import { databasePassword } from './panel-configuration.js';
import { WEB_ROOT, WEB_USER } from './panel-places.js';
import { noSchedules } from './panel-schedules.js';
import type { PortRule } from './ports.js';
import type { Role, RoleContext } from './role.js';
import { MARIADB, NGINX, phpFpm } from './services.js';
import { bareWord, nginxWord, render } from './template.js';
import { CERTIFICATE_FILE, KEY_FILE, reloadNginx, type TlsFiles, webSite } from './web.js';

export { WEB_ROOT, WEB_USER };

/** What the role takes from the backup set and from the secrets. */
export interface MailwizzInputs {
  readonly application: { path: string; bytes: number; sha256: string; root: string; stripDepth: number };
  readonly tls: TlsFiles;
  /** DNS leads to VPS1, so that an authority may be asked for the panel's certificate. */
  readonly certifiable: boolean;
}

export const PING_PATH = '/fpm-ping';
const SOCKET = '/run/php/mailwizz.sock';
const FASTCGI = '/etc/nginx/mailwizz-fastcgi.conf';

/** PHP versions that MailWizz 2.2 runs on, by the system that brings them. */
const PHP_OF: Readonly<Record<string, string>> = { 'debian 12': '8.2', 'ubuntu 22.04': '8.1' };

/** Extensions that MailWizz needs, as `php -m` names them; pcntl belongs to the command line's PHP. */
const EXTENSIONS =
  'curl dom fileinfo gd iconv imap intl json libxml mbstring mysqli pcntl PDO pdo_mysql SimpleXML tidy xml zip'.split(
    ' ',
  );

export function phpVersion({ os }: Pick<HostFacts, 'os'>, host = 'vps1'): string {
  const version = PHP_OF[`${os.id} ${os.version}`];
  if (version) return version;
  throw new EeError('SYSTEM_UNSUITABLE', {
    host,
    found: os.name || 'an unknown system',
    needed: 'MailWizz 2.2 needs PHP 8.1 or 8.2, which Debian 12 and Ubuntu 22.04 bring',
  });
}

/** Debian packages of the role. */
export function mailwizzPackages(php: string): string[] {
  const modules = 'fpm cli mysql mbstring xml curl zip gd intl imap tidy bcmath'.split(' ');
  return ['nginx', ...HTTPS_PACKAGES, 'mariadb-server', 'cron', ...modules.map((name) => `php${php}-${name}`)];
}

export const MAILWIZZ_PORTS: readonly PortRule[] = [
  { port: 80, why: 'redirect to HTTPS, and ACME' },
  { port: 443, why: 'the panel' },
];

/** VPS1: MailWizz behind nginx, with an empty database. */
export function mailwizz({ settings, facts }: RoleContext, inputs: MailwizzInputs): Role {
  const php = phpVersion(facts);
  const names = mailwizzPackages(php);
  const wanted = httpsWanted(settings, settings.mailwizz.panelDomain, inputs.certifiable);
  return {
    packages: names,
    ports: MAILWIZZ_PORTS,
    stages: [
      { name: 'packages', resources: [packages('mailwizz', names)] },
      { name: 'database server', resources: databaseServer() },
      { name: 'database', resources: [mariadbDatabase(settings.mailwizz.database)] },
      {
        name: 'application',
        resources: [
          systemUser(WEB_USER, WEB_ROOT),
          noSchedules(WEB_USER),
          application(inputs),
          databasePassword(settings, php),
        ],
      },
      { name: 'web server', resources: web(settings, php, inputs.tls, wanted) },
      { name: 'scheduled commands', resources: [cron(php)] },
      https(wanted),
    ],
  };
}

function databaseServer(): Resource[] {
  return [
    file({
      path: '/etc/mysql/mariadb.conf.d/60-ee.cnf',
      content: render('mariadb/60-ee.cnf', {}, bareWord),
      mode: '0644',
      notifies: [restart('mariadb')],
    }),
    service(MARIADB),
  ];
}

function application({ application: from }: MailwizzInputs): Resource {
  const { path, bytes, sha256, root, stripDepth } = from;
  return archive({
    path: WEB_ROOT,
    file: path,
    bytes,
    sha256,
    root,
    stripDepth,
    contains: INIT_FILE,
    prepare: prepareApplication(`${STATE}/set-aside/mailwizz`, WEB_USER),
  });
}

function web(settings: Settings, php: string, tls: TlsFiles, wanted: CertificateWanted): Resource[] {
  const fpm = reload(`php${php}-fpm`, `php-fpm${php} -t`);
  const site = render(
    'nginx/panel.conf',
    {
      domain: settings.mailwizz.panelDomain,
      certificate: CERTIFICATE_FILE,
      key: KEY_FILE,
      root: WEB_ROOT,
      pingPath: PING_PATH,
      socket: SOCKET,
      fastcgi: FASTCGI,
      pmtaAddress: bareWord(settings.hosts.vps2.address),
      configFile: CONFIG_FILE,
      installedMark: INSTALLED_MARK,
    },
    nginxWord,
  );
  return [
    file({
      path: `/etc/php/${php}/fpm/conf.d/90-ee.ini`,
      content: render('php/90-ee.ini', {}, bareWord),
      mode: '0644',
      verify: extensionsPresent(php),
      notifies: [fpm],
    }),
    absent({ path: `/etc/php/${php}/fpm/pool.d/www.conf`, cameWith: `php${php}-fpm`, notifies: [fpm] }),
    file({
      path: `/etc/php/${php}/fpm/pool.d/mailwizz.conf`,
      content: render('php/pool.conf', { socket: SOCKET, pingPath: PING_PATH, user: WEB_USER }, bareWord),
      mode: '0644',
      notifies: [fpm],
    }),
    service(phpFpm(php, SOCKET)),
    file({
      path: FASTCGI,
      content: render('nginx/panel-fastcgi.conf', { socket: SOCKET }, nginxWord),
      mode: '0644',
      notifies: [reloadNginx],
    }),
    ...webSite('mailwizz', site, tls, wanted),
    service(NGINX),
  ];
}

/** Shell that asks PHP itself for each extension. */
function extensionsPresent(php: string): string {
  return [
    `have=$(php${php} -m)`,
    'missing=',
    `for extension in ${EXTENSIONS.join(' ')}; do`,
    `  printf '%s\\n' "$have" | grep -qix "$extension" || missing="$missing $extension"`,
    'done',
    `[ -z "$missing" ] || { echo "PHP ${php} lacks:$missing"; false; }`,
  ].join('\n');
}

function cron(php: string): Resource {
  return file({
    path: '/etc/cron.d/mailwizz',
    content: render(
      'cron/mailwizz',
      { entries: CRON_ENTRIES, root: WEB_ROOT, installedMark: INSTALLED_MARK, php, user: WEB_USER },
      bareWord,
    ),
    mode: '0644',
  });
}
