import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Secret } from '../secret.js';
import { CATALOGUE, PER_HOST, SETTING_NAMES, type Setting, type SettingName, type Values } from './catalogue.js';
import type { HostAccess, HostName, SendingIdentity, Settings } from './settings.js';
import type { Validated } from './validate.js';

export interface Place {
  /** Absolute path of the settings file. */
  readonly file: string;
  /** What `~` stands for. */
  readonly home: string;
}

/** Beside the settings file; taken where it exists. */
const DEFAULT_OVERLAY = 'pmta-overlay.conf';

/** Builds the settings from values that were all found right. */
export function assemble(given: Validated['given'], identities: readonly SendingIdentity[], place: Place): Settings {
  const values = withDefaults(given);
  const path = (written: string): string => resolvePath(written, place);
  const secrets: Secret[] = [];
  const secret = (value: string): Secret => {
    const made = new Secret(value);
    secrets.push(made);
    return made;
  };
  const postmaster = values.POSTMASTER ?? `postmaster@${values.BASE_DOMAIN}`;
  const settings: Omit<Settings, 'secrets'> = {
    file: place.file,
    hosts: hostsOf(given, values, path),
    sending: { baseDomain: values.BASE_DOMAIN, identities, postmaster },
    dns: {
      resolvers: values.DNS_RESOLVERS,
      ipBlocklists: values.IP_BLOCKLISTS,
      nameBlocklists: values.NAME_BLOCKLISTS,
    },
    backup: {
      dir: path(values.BACKUP_DIR),
      ...present('sourceDir', values.BACKUP_SOURCE_DIR, path),
    },
    secretsDir: path(values.SECRETS_DIR),
    pmta: {
      ...present('package', values.PMTA_PACKAGE, path),
      ...present('packageSha256', values.PMTA_PACKAGE_SHA256, (digest) => digest),
      overlay: {
        file: path(values.PMTA_OVERLAY ?? DEFAULT_OVERLAY),
        required: values.PMTA_OVERLAY !== undefined,
      },
      smtpPort: values.PMTA_SMTP_PORT,
      smtpUser: values.PMTA_SMTP_USER,
      smtpPassword: secret(values.PMTA_SMTP_PASSWORD),
      ...present('drop', values.PMTA_DROP, (lines) => lines),
      ...present('like', values.PMTA_LIKE, (name) => name),
    },
    mailwizz: {
      panelDomain: values.PANEL_DOMAIN,
      database: {
        name: values.MAILWIZZ_DB_NAME,
        user: values.MAILWIZZ_DB_USER,
        password: secret(values.MAILWIZZ_DB_PASSWORD),
      },
      admin: {
        email: values.MAILWIZZ_ADMIN_EMAIL,
        password: secret(values.MAILWIZZ_ADMIN_PASSWORD),
        firstName: values.MAILWIZZ_ADMIN_FIRST_NAME,
        lastName: values.MAILWIZZ_ADMIN_LAST_NAME,
      },
      siteName: values.MAILWIZZ_SITE_NAME,
      marketPlace: values.MAILWIZZ_MARKET_PLACE,
      ...present('purchaseCode', values.MAILWIZZ_PURCHASE_CODE, secret),
      ...present('installDir', values.MAILWIZZ_INSTALL_DIR, path),
    },
    engine: {
      ...present('source', values.ENGINE_SOURCE, path),
      domain: values.ENGINE_DOMAIN,
      adminKey: secret(values.ENGINE_ADMIN_KEY),
      accountingKey: secret(values.ENGINE_ACCOUNTING_KEY),
      postgresPassword: secret(values.POSTGRES_PASSWORD),
      redisPassword: secret(values.REDIS_PASSWORD),
    },
    tls: { acmeEmail: values.ACME_EMAIL ?? postmaster, acmeDirectoryUrl: values.ACME_DIRECTORY_URL },
    monitoring: {
      grafanaAdminPassword: secret(values.GRAFANA_ADMIN_PASSWORD),
      ...present('grafanaPackage', values.GRAFANA_PACKAGE, path),
      ...present('telegram', telegramOf(values), ({ token, chatId }) => ({ botToken: secret(token), chatId })),
    },
    adminIps: values.ADMIN_IPS,
  };
  return { ...settings, secrets };
}

/** `{ [key]: make(value) }`, or nothing for an absent value: optional properties are absent, never undefined. */
function present<Key extends string, Value, Made>(
  key: Key,
  value: Value | undefined,
  make: (value: Value) => Made,
): { [K in Key]?: Made } {
  return value === undefined ? {} : ({ [key]: make(value) } as { [K in Key]: Made });
}

/** What validation proved: every required value is given, every default passes its own type. */
function withDefaults(given: Validated['given']): Values {
  const entries = SETTING_NAMES.map((name) => [name, given.get(name)?.value ?? defaultOf(name)]);
  return Object.fromEntries(entries) as Values;
}

function defaultOf(name: SettingName): unknown {
  const setting: Setting = CATALOGUE[name];
  return setting.presence === 'default' ? setting.type.parse(setting.otherwise) : undefined;
}

/** Each host with the common SSH settings, or with its own where it has them (VPS1_SSH_USER). */
function hostsOf(given: Validated['given'], common: Values, path: (written: string) => string): Settings['hosts'] {
  const hostOf = (name: HostName): HostAccess => {
    const prefix = name.toUpperCase() as Uppercase<HostName>;
    const own = PER_HOST.flatMap((setting) => {
      const entry = given.get(`${prefix}_${setting}`);
      return entry === undefined ? [] : [[setting, entry.value]];
    });
    const values: Values = { ...common, ...(Object.fromEntries(own) as Partial<Values>) };
    return {
      name,
      address: values[`${prefix}_IP`],
      user: values.SSH_USER,
      port: values.SSH_PORT,
      knownHosts: path(values.SSH_KNOWN_HOSTS),
      ...present('keyFile', values.SSH_KEY, path),
      ...present('jump', values.SSH_JUMP, (jump) => jump),
    };
  };
  return { vps1: hostOf('vps1'), vps2: hostOf('vps2'), vps3: hostOf('vps3') };
}

function telegramOf(values: Values): { token: string; chatId: string } | undefined {
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chatId } = values;
  return token === undefined || chatId === undefined ? undefined : { token, chatId };
}

/** `~` and `~/…` are the home folder; what is relative is relative to the settings file (R6). */
function resolvePath(written: string, { file, home }: Place): string {
  if (written === '~' || written.startsWith('~/')) return join(home, written.slice(2));
  return isAbsolute(written) ? resolve(written) : resolve(dirname(file), written);
}
