import { existsSync, readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { SendingIdentity } from './identity.js';
import { ConfigError } from './config-error.js';
import { fields, type Fields } from './fields.js';
import { serverAddress, type ServerAddress } from './server-address.js';

/** Everything that the service is told, read once at its start. */
export interface Config {
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  readonly adminKey: string;
  /** May hand accounting records over, and nothing else. */
  readonly accountingKey: string;
  readonly postgres: {
    /** Host name, address, or the folder of a Unix socket. */
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
  readonly redis: { readonly host: string; readonly port: number; readonly password: string };
  readonly identities: readonly SendingIdentity[];
  /** MailWizz's API. The key is handed over when the panel is installed: before that there is none. */
  readonly mailwizz: { readonly server?: ServerAddress; readonly key?: string };
}

/** Under this length a key can be guessed. */
const LEAST_KEY = 24;

/** What systemd puts in the place of a credential whose file is not there. */
const NO_KEY = 'none';

/**
 * Reads the JSON file that EE_CONFIG names, and the secrets `admin-key`, `accounting-key`, `postgres-password` and `redis-password` from the folder
 * CREDENTIALS_DIRECTORY (systemd's LoadCredential), where `mailwizz-key` may be too, so that no secret stands in an argument or an environment variable.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const { EE_CONFIG: file, CREDENTIALS_DIRECTORY: folder } = environment;
  if (!file) problems.push('EE_CONFIG names no file');
  if (!folder) problems.push('CREDENTIALS_DIRECTORY names no folder');
  if (!file || !folder) throw new ConfigError(problems);

  const secret = (name: string): string => readSecret(join(folder, name), problems);
  const root = fields(readJson(file, problems), file, problems);
  const postgres = root.object('postgres');
  const redis = root.object('redis');
  const config: Config = {
    port: root.port('port'),
    adminKey: secret('admin-key'),
    accountingKey: secret('accounting-key'),
    postgres: {
      host: postgres.text('host'),
      port: postgres.port('port'),
      database: postgres.text('database'),
      user: postgres.text('user'),
      password: secret('postgres-password'),
    },
    redis: { host: redis.text('host'), port: redis.port('port'), password: secret('redis-password') },
    identities: root.list('identities').map(identity),
    mailwizz: root.has('mailwizz') ? mailwizz(root.object('mailwizz'), join(folder, 'mailwizz-key'), problems) : {},
  };
  for (const [name, key] of [
    ['admin-key', config.adminKey],
    ['accounting-key', config.accountingKey],
  ] as const) {
    if (key !== '' && key.length < LEAST_KEY) {
      problems.push(`${join(folder, name)} is shorter than ${LEAST_KEY} characters`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function identity(entry: Fields): SendingIdentity {
  const ip = entry.text('ip');
  if (ip !== '' && !isIPv4(ip)) entry.problem('ip', 'is not an IPv4 address');
  const sender = entry.text('sender');
  if (sender !== '' && !/^[^@\s]+@[^@\s]+$/.test(sender)) entry.problem('sender', 'is not an e-mail address');
  return { ip, domain: entry.text('domain'), sender };
}

function mailwizz(given: Fields, keyFile: string, problems: string[]): Config['mailwizz'] {
  const server = serverAddress(given, (path) => readSecret(path, problems));
  const key = existsSync(keyFile) ? readSecret(keyFile, problems) : NO_KEY;
  return key === NO_KEY ? { server } : { server, key };
}

function readJson(file: string, problems: string[]): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    problems.push(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** A secret is the file's content without the line end that editors add. */
function readSecret(file: string, problems: string[]): string {
  try {
    const secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (secret === '') problems.push(`${file} is empty`);
    return secret;
  } catch (error) {
    problems.push(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return '';
  }
}
