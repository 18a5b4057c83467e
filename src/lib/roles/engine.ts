import { reload, restart } from '../converge/handlers.js';
import type { Resource } from '../converge/resource.js';
import { directory } from '../converge/resources/directory.js';
import { file } from '../converge/resources/file.js';
import { packages } from '../converge/resources/packages.js';
import { postgresDatabase } from '../converge/resources/postgres.js';
import { service } from '../converge/resources/service.js';
import { systemUser } from '../converge/resources/user.js';
import { HOST_NAMES, type Settings } from '../settings/settings.js';
import { https, HTTPS_PACKAGES, httpsWanted } from './https.js';
import type { CertificateWanted } from './lineage.js';
import { NODE_EXPORTER_PORT, type PortRule } from './ports.js';
import type { Role, RoleContext } from './role.js';
import { emailEngine, NGINX, POSTGRES_PORT, POSTGRESQL, PROMETHEUS, REDIS, REDIS_PORT } from './services.js';
import { bareWord, nginxWord, render, yamlString } from './template.js';
import { CERTIFICATE_FILE, KEY_FILE, SYSTEM_AUTHORITIES, webSite, type TlsFiles } from './web.js';

export interface EngineInputs {
  /** The API in one JavaScript file. */
  readonly bundle: Buffer;
  readonly tls: TlsFiles;
  /** The certificate that `ee` made for the panel, in PEM: trusted beside the system's authorities. */
  readonly panelCertificate: string;
  /** DNS leads to VPS3, so that an authority may be asked for the API's certificate. */
  readonly certifiable: boolean;
}

export const ENGINE_PACKAGES: readonly string[] = [
  'nginx',
  ...HTTPS_PACKAGES,
  'postgresql',
  'redis-server',
  'nodejs',
  'prometheus',
];

export const ENGINE_PORTS: readonly PortRule[] = [
  { port: 80, why: 'redirect to HTTPS, and ACME' },
  { port: 443, why: 'the API' },
];

/** Where the API listens, on the loopback. */
export const ENGINE_PORT = 8000;
const DATABASE = 'email_engine';
const USER = 'email-engine';
const FOLDER = '/etc/email-engine';
const CONFIG = `${FOLDER}/config.json`;
export const CREDENTIALS = `${FOLDER}/credentials`;
const BUNDLE = '/opt/email-engine/engine.mjs';
const PANEL_CERTIFICATE = `${FOLDER}/panel.crt`;
/** Succeeds once the API answers and says that all of its components do. */
const HEALTHY = `curl -fsS --max-time 5 http://127.0.0.1:${ENGINE_PORT}/health`;
/** Also what a new key of MailWizz calls for, which no deployment writes: `ee mailwizz key` does. */
export const restartEngine = restart('email-engine', HEALTHY);

/** VPS3: the Email-Engine API behind nginx, its databases, and Prometheus over all three hosts. */
export function engine({ settings }: RoleContext, inputs: EngineInputs): Role {
  const wanted = httpsWanted(settings, settings.engine.domain, inputs.certifiable);
  return {
    packages: ENGINE_PACKAGES,
    ports: ENGINE_PORTS,
    stages: [
      { name: 'packages', resources: [packages('engine', ENGINE_PACKAGES)] },
      { name: 'database servers', resources: databaseServers(settings) },
      {
        name: 'database',
        resources: [postgresDatabase({ name: DATABASE, password: settings.engine.postgresPassword })],
      },
      { name: 'API', resources: api(settings, inputs) },
      { name: 'web server', resources: web(settings, inputs.tls, wanted) },
      { name: 'monitoring', resources: monitoring(settings) },
      https(wanted),
    ],
  };
}

function databaseServers({ engine: { redisPassword } }: Settings): Resource[] {
  return [
    service(POSTGRESQL),
    file({
      path: '/etc/redis/redis.conf',
      content: render('redis/redis.conf', { password: redisPassword.reveal() }, bareWord),
      mode: '0640',
      owner: 'redis:redis',
      sensitive: true,
      notifies: [restart('redis-server')],
    }),
    service(REDIS),
  ];
}

function api(settings: Settings, { bundle, panelCertificate }: EngineInputs): Resource[] {
  const { adminKey, accountingKey, postgresPassword, redisPassword } = settings.engine;
  const credentials = {
    'admin-key': adminKey,
    'accounting-key': accountingKey,
    'postgres-password': postgresPassword,
    'redis-password': redisPassword,
  };
  return [
    systemUser(USER, '/nonexistent'),
    directory('/opt/email-engine', '0755'),
    directory(FOLDER, '0755'),
    directory(CREDENTIALS, '0700'),
    ...Object.entries(credentials).map(([name, secret]) =>
      file({
        path: `${CREDENTIALS}/${name}`,
        content: secret.reveal(),
        mode: '0600',
        sensitive: true,
        notifies: [restartEngine],
      }),
    ),
    file({ path: PANEL_CERTIFICATE, content: panelCertificate, mode: '0644', notifies: [restartEngine] }),
    file({ path: CONFIG, content: configuration(settings), mode: '0644', notifies: [restartEngine] }),
    file({ path: BUNDLE, content: bundle, mode: '0644', notifies: [restartEngine] }),
    file({
      path: '/etc/systemd/system/email-engine.service',
      content: render(
        'systemd/email-engine.service',
        { config: CONFIG, credentials: CREDENTIALS, bundle: BUNDLE },
        bareWord,
      ),
      mode: '0644',
      notifies: [restartEngine],
    }),
    service(emailEngine(ENGINE_PORT, HEALTHY)),
  ];
}

/** What the API is told, but for its secrets. */
function configuration({ sending, hosts, mailwizz }: Settings): string {
  const config = {
    port: ENGINE_PORT,
    postgres: { host: '127.0.0.1', port: POSTGRES_PORT, database: DATABASE, user: DATABASE },
    redis: { host: '127.0.0.1', port: REDIS_PORT },
    identities: sending.identities.map(({ ip, domain, sender }) => ({ ip, domain, sender })),
    // Its name need not be in the DNS yet.
    mailwizz: {
      address: hosts.vps1.address,
      port: 443,
      name: mailwizz.panelDomain,
      authorities: [PANEL_CERTIFICATE, SYSTEM_AUTHORITIES],
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function web(settings: Settings, tls: TlsFiles, wanted: CertificateWanted): Resource[] {
  const site = render(
    'nginx/engine.conf',
    { domain: settings.engine.domain, certificate: CERTIFICATE_FILE, key: KEY_FILE, port: ENGINE_PORT },
    nginxWord,
  );
  return [...webSite('email-engine', site, tls, wanted), service(NGINX)];
}

function monitoring({ hosts }: Settings): Resource[] {
  const targets = HOST_NAMES.map((name) => ({
    name,
    target: `${bracketed(hosts[name].address)}:${NODE_EXPORTER_PORT}`,
  }));
  return [
    file({
      path: '/etc/prometheus/prometheus.yml',
      content: render('prometheus/prometheus.yml', { enginePort: ENGINE_PORT, hosts: targets }, yamlString),
      mode: '0644',
      verify: 'promtool check config /etc/prometheus/prometheus.yml',
      notifies: [reload('prometheus')],
    }),
    file({
      path: '/etc/default/prometheus',
      content: render('prometheus/default', {}, yamlString),
      mode: '0644',
      notifies: [restart('prometheus')],
    }),
    service(PROMETHEUS),
  ];
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
