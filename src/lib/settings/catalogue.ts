import type { ZodType } from 'zod';
import { ipv4, sendingIps } from './sending-ips.js';
import * as type from './value-types.js';

/** The parts of the file, in the order in which they are written. */
export const GROUPS = [
  'hosts',
  'sending',
  'DNS',
  'backup',
  'PowerMTA',
  'MailWizz',
  'engine',
  'TLS',
  'monitoring',
  'access',
] as const;
export type Group = (typeof GROUPS)[number];

/**
 * What happens when a setting is not set: `required` is a problem, `default` has a value, `derived` is worked out from
 * other settings, `optional` stays out.
 */
type Presence = 'required' | 'default' | 'derived' | 'optional';

export interface Setting<Value = unknown, Kind extends Presence = Presence> {
  readonly group: Group;
  readonly presence: Kind;
  readonly description: string;
  /** A value that passes validation; documentation addresses only. */
  readonly example: string;
  /** The value when not set, or for `derived` the words that tell it. */
  readonly otherwise?: string;
  /** Never shown. */
  readonly secret?: true;
  /** Made by `ee init`. */
  readonly generated?: true;
  /** Asked by `ee init` though it may stay empty. */
  readonly asked?: true;
  readonly type: ZodType<Value, string>;
}

type Details<Value> = Omit<Setting<Value>, 'group' | 'presence' | 'type'>;

/** Fixes a setting's presence in its type, so that what is required is never undefined once the file is valid. */
function setting<Value, Kind extends Presence>(
  group: Group,
  presence: Kind,
  type: ZodType<Value, string>,
  details: Details<Value>,
): Setting<Value, Kind> {
  return { group, presence, type, ...details };
}

const GENERATED = { secret: true, generated: true, example: 'dmJ4c2VtQ2hvaWNl9k3Qx7Lw2TzR5yNb' } as const;

/** The settings of one name each: the source of validation, example file, `ee init` and the README's table. */
export const CATALOGUE = {
  VPS1_IP: setting('hosts', 'required', type.address, {
    description: 'Address of VPS1 (MailWizz)',
    example: '192.0.2.10',
  }),
  VPS2_IP: setting('hosts', 'required', type.address, {
    description: 'Address of VPS2 (PowerMTA), the one that SSH reaches',
    example: '198.51.100.10',
  }),
  VPS3_IP: setting('hosts', 'required', type.address, {
    description: 'Address of VPS3 (API and monitoring)',
    example: '203.0.113.10',
  }),
  SSH_USER: setting('hosts', 'default', type.userName, {
    description: 'Who logs in; another user than root needs sudo',
    example: 'operator',
    otherwise: 'root',
  }),
  SSH_KEY: setting('hosts', 'optional', type.path, {
    description: 'Private key file; without one the agent and the usual keys are tried',
    example: '~/.ssh/id_ed25519',
    asked: true,
  }),
  SSH_PORT: setting('hosts', 'default', type.port, {
    description: 'Port of the SSH service',
    example: '2222',
    otherwise: '22',
  }),
  SSH_KNOWN_HOSTS: setting('hosts', 'default', type.path, {
    description: 'Host keys that are trusted',
    example: 'known_hosts',
    otherwise: '~/.ssh/known_hosts',
  }),
  SSH_JUMP: setting('hosts', 'optional', type.jump, {
    description: 'Host to go through: [user@]host[:port]',
    example: 'operator@bastion.example.com:22',
  }),

  BASE_DOMAIN: setting('sending', 'required', type.fqdn, {
    description: 'Domain above the sending domains',
    example: 'example.com',
  }),
  SENDING_IPS: setting('sending', 'derived', sendingIps, {
    description: 'Sending IPv4 addresses of VPS2: a list of addresses, ranges and networks',
    example: '198.51.100.11-198.51.100.15',
    otherwise: 'IP1…IPn; one of the two ways is required',
    asked: true,
  }),
  POSTMASTER: setting('sending', 'derived', type.email, {
    description: 'Where hosts and mailbox providers write to',
    example: 'postmaster@example.com',
    otherwise: 'postmaster@BASE_DOMAIN',
  }),

  DNS_RESOLVERS: setting('DNS', 'default', type.resolvers, {
    description: 'Name servers that ee asks when it checks records: address[:port], several between commas',
    example: '9.9.9.9, 192.0.2.53:5353',
    otherwise: '',
  }),
  IP_BLOCKLISTS: setting('DNS', 'default', type.blocklists, {
    description: 'Blocklists that are asked about sending IPs: their zones, or none',
    example: 'zen.spamhaus.org',
    otherwise: 'zen.spamhaus.org, bl.spamcop.net',
  }),
  NAME_BLOCKLISTS: setting('DNS', 'default', type.blocklists, {
    description: 'Blocklists that are asked about domains: their zones, or none',
    example: 'none',
    otherwise: 'dbl.spamhaus.org',
  }),

  BACKUP_DIR: setting('backup', 'default', type.path, {
    description: 'Folder of the backup set; read, never written',
    example: '/srv/mailwizz-email-engine',
    otherwise: 'mailwizz-email-engine',
  }),
  BACKUP_SOURCE_DIR: setting('backup', 'optional', type.path, {
    description: 'Folder of the original that the set was copied from, to compare with',
    example: '/srv/backup-cold',
  }),
  SECRETS_DIR: setting('backup', 'default', type.path, {
    description: 'Folder of the DKIM keys and certificates that ee makes',
    example: '/srv/ee-secrets',
    otherwise: 'secrets',
  }),

  PMTA_PACKAGE: setting('PowerMTA', 'optional', type.packageFile, {
    description: 'The vendor’s package for VPS2, .deb or .rpm',
    example: 'packages/powermta.deb',
    asked: true,
  }),
  PMTA_PACKAGE_SHA256: setting('PowerMTA', 'optional', type.sha256, {
    description: 'SHA-256 of that package, as the vendor tells it; another package is refused',
    example: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  }),
  PMTA_OVERLAY: setting('PowerMTA', 'optional', type.path, {
    description:
      'Your own additions to the PowerMTA configuration; without it pmta-overlay.conf beside this file, if it exists',
    example: '/srv/ee/pmta-overlay.conf',
  }),
  PMTA_SMTP_PORT: setting('PowerMTA', 'default', type.submissionPort, {
    description: 'Port on which VPS2 takes messages from MailWizz and the API',
    example: '2526',
    otherwise: '2525',
  }),
  PMTA_SMTP_USER: setting('PowerMTA', 'default', type.smtpUser, {
    description: 'User of that submission',
    example: 'engine@example.com',
    otherwise: 'mailwizz',
  }),
  PMTA_SMTP_PASSWORD: setting('PowerMTA', 'required', type.password, {
    description: 'Password of that submission',
    ...GENERATED,
  }),
  PMTA_DROP: setting('PowerMTA', 'optional', type.lineNames, {
    description: 'Lines of the configuration in the backup set that may be lost: those that ee pmta render names',
    example: '85-92, 120',
  }),
  PMTA_LIKE: setting('PowerMTA', 'optional', type.virtualMta, {
    description: 'Virtual MTA of that configuration whose blocks further ones get, where the old ones differ',
    example: 'pmta-vmta0',
  }),

  PANEL_DOMAIN: setting('MailWizz', 'required', type.fqdn, {
    description: 'Name of the MailWizz panel; not a sending domain',
    example: 'panel.example.com',
  }),
  MAILWIZZ_DB_NAME: setting('MailWizz', 'default', type.databaseName, {
    description: 'Database, created empty',
    example: 'mailwizz_v3',
    otherwise: 'mailwizz_v2',
  }),
  MAILWIZZ_DB_USER: setting('MailWizz', 'default', type.databaseUser, {
    description: 'Database user',
    example: 'panel',
    otherwise: 'mailwizz',
  }),
  MAILWIZZ_DB_PASSWORD: setting('MailWizz', 'required', type.password, {
    description: 'Password of the database user',
    ...GENERATED,
  }),
  MAILWIZZ_ADMIN_EMAIL: setting('MailWizz', 'required', type.email, {
    description: 'Login of the panel’s administrator',
    example: 'admin@example.com',
  }),
  MAILWIZZ_ADMIN_PASSWORD: setting('MailWizz', 'required', type.password, {
    description: 'Password of the panel’s administrator',
    ...GENERATED,
  }),
  MAILWIZZ_ADMIN_FIRST_NAME: setting('MailWizz', 'default', type.personName, {
    description: 'First name of the administrator, letters without accents',
    example: 'Camille',
    otherwise: 'Email',
  }),
  MAILWIZZ_ADMIN_LAST_NAME: setting('MailWizz', 'default', type.personName, {
    description: 'Last name of the administrator, letters without accents',
    example: 'Martin',
    otherwise: 'Operator',
  }),
  MAILWIZZ_SITE_NAME: setting('MailWizz', 'default', type.siteName, {
    description: 'Name that the panel shows, 2 to 20 characters',
    example: 'Holiday mail',
    otherwise: 'Email Engine',
  }),
  MAILWIZZ_MARKET_PLACE: setting('MailWizz', 'default', type.marketPlace, {
    description: 'Where the licence was bought: envato or mailwizz',
    example: 'mailwizz',
    otherwise: 'envato',
  }),
  MAILWIZZ_PURCHASE_CODE: setting('MailWizz', 'optional', type.purchaseCode, {
    description: 'Purchase code of the MailWizz licence; the installation asks the vendor about it',
    example: '01234567-89ab-cdef-0123-456789abcdef',
    secret: true,
    asked: true,
  }),
  MAILWIZZ_INSTALL_DIR: setting('MailWizz', 'optional', type.path, {
    description: 'The vendor’s install/ folder, where the archive has none',
    example: 'packages/mailwizz/install',
  }),

  ENGINE_SOURCE: setting('engine', 'optional', type.path, {
    description: 'Folder of another API to deploy instead of the bundled one',
    example: '/srv/email-engine',
  }),
  ENGINE_DOMAIN: setting('engine', 'required', type.fqdn, {
    description: 'Name of the API',
    example: 'api.example.com',
  }),
  ENGINE_ADMIN_KEY: setting('engine', 'required', type.password, {
    description: 'Key of the API’s administrator',
    ...GENERATED,
  }),
  ENGINE_ACCOUNTING_KEY: setting('engine', 'required', type.password, {
    description: 'Key with which VPS2 hands PowerMTA’s accounting to the API; it opens nothing else',
    ...GENERATED,
  }),
  POSTGRES_PASSWORD: setting('engine', 'required', type.password, {
    description: 'Password of the API’s database',
    ...GENERATED,
  }),
  REDIS_PASSWORD: setting('engine', 'required', type.password, {
    description: 'Password of the API’s cache and queue',
    ...GENERATED,
  }),

  ACME_EMAIL: setting('TLS', 'derived', type.email, {
    description: 'Where the certificate authority writes before a certificate ends',
    example: 'tls@example.com',
    otherwise: 'POSTMASTER',
  }),
  ACME_DIRECTORY_URL: setting('TLS', 'default', type.url, {
    description: 'Certificate authority (ACME directory)',
    example: 'https://acme-staging-v02.api.letsencrypt.org/directory',
    otherwise: 'https://acme-v02.api.letsencrypt.org/directory',
  }),

  GRAFANA_ADMIN_PASSWORD: setting('monitoring', 'required', type.password, {
    description: 'Password of Grafana’s administrator',
    ...GENERATED,
  }),
  GRAFANA_PACKAGE: setting('monitoring', 'optional', type.packageFile, {
    description: 'Grafana’s package, where the host cannot reach its repository',
    example: 'packages/grafana.deb',
  }),
  TELEGRAM_BOT_TOKEN: setting('monitoring', 'optional', type.telegramToken, {
    description: 'Bot that sends alerts; needs TELEGRAM_CHAT_ID',
    example: '123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc',
    secret: true,
  }),
  TELEGRAM_CHAT_ID: setting('monitoring', 'optional', type.telegramChat, {
    description: 'Chat that the alerts go to; needs TELEGRAM_BOT_TOKEN',
    example: '-1001234567890',
  }),

  ADMIN_IPS: setting('access', 'default', type.networks, {
    description: 'Addresses and networks that may reach SSH; empty: from anywhere, with keys only',
    example: '203.0.113.7, 2001:db8::/48',
    otherwise: '',
    asked: true,
  }),
} as const;

/** The settings that come once for each sending identity: IP1, IP2, … */
export const NUMBERED = {
  IP: setting('sending', 'optional', ipv4, {
    description: 'Sending IPv4 addresses one by one, instead of SENDING_IPS',
    example: '198.51.100.11',
  }),
  DOMAIN: setting('sending', 'derived', type.fqdn, {
    description: 'Sending domain of the IP with the same number',
    example: 'mail1.example.com',
    otherwise: 'mail{i}.BASE_DOMAIN',
  }),
  SENDER: setting('sending', 'derived', type.email, {
    description: 'Sender of the IP with the same number, an address at its domain',
    example: 'contact@mail1.example.com',
    otherwise: 'contact, support, hello, info, noreply, team, help, service, admin, sales in turn, at DOMAIN{i}',
  }),
} as const;

/** The SSH settings that may differ on one host, as VPS1_SSH_USER. */
export const PER_HOST = ['SSH_USER', 'SSH_KEY', 'SSH_PORT', 'SSH_KNOWN_HOSTS', 'SSH_JUMP'] as const;

export type SettingName = keyof typeof CATALOGUE;
export type NumberedName = keyof typeof NUMBERED;

type ValueOf<S> =
  S extends Setting<infer Value, infer Kind>
    ? Kind extends 'required' | 'default'
      ? Value
      : Value | undefined
    : never;

/** The values of a valid file. */
export type Values = { readonly [Name in SettingName]: ValueOf<(typeof CATALOGUE)[Name]> };
export type ValueOfSetting<Name extends SettingName> =
  (typeof CATALOGUE)[Name] extends Setting<infer Value> ? Value : never;

export const SETTING_NAMES = Object.keys(CATALOGUE) as SettingName[];

const isSettingName = (name: string): name is SettingName => Object.hasOwn(CATALOGUE, name);

/** What a name of the file stands for: a setting, one of a numbered family, or one host's own SSH setting. */
export function settingOf(name: string): Setting | undefined {
  if (isSettingName(name)) return CATALOGUE[name];
  const [, family] = /^(IP|DOMAIN|SENDER)[1-9]\d{0,3}$/.exec(name) ?? [];
  if (family !== undefined) return NUMBERED[family as NumberedName];
  const [, perHost] = /^VPS[123]_(SSH_\w+)$/.exec(name) ?? [];
  if (perHost !== undefined && (PER_HOST as readonly string[]).includes(perHost))
    return CATALOGUE[perHost as SettingName];
  return undefined;
}
