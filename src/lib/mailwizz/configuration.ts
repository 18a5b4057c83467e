import type { Settings } from '../settings/settings.js';
import { TABLE_PREFIX } from './layout.js';
import { DATABASE_HOST } from './wizard.js';

/** What the configuration says of the database, its password aside. */
export interface Connection {
  /** `mysql:host=localhost;dbname=mailwizz_v2` */
  readonly dsn: string;
  readonly user: string;
  readonly prefix: string;
}

export function wantedConnection({ name, user }: Settings['mailwizz']['database']): Connection {
  return { dsn: `mysql:host=${DATABASE_HOST};dbname=${name}`, user, prefix: TABLE_PREFIX };
}

/** Whether a configuration leads to this database and to nowhere else. */
export function leadsTo(found: Connection, database: Settings['mailwizz']['database']): boolean {
  const wanted = wantedConnection(database);
  const parts = partsOf(found.dsn);
  const local = parts.get('unix_socket') !== undefined || ['localhost', '127.0.0.1'].includes(parts.get('host') ?? '');
  return local && parts.get('dbname') === database.name && found.user === wanted.user && found.prefix === wanted.prefix;
}

/** Where a configuration leads, for people. */
export function describeConnection({ dsn, user }: Connection): string {
  const parts = partsOf(dsn);
  return `database ${parts.get('dbname') ?? '(none)'} on ${parts.get('host') ?? parts.get('unix_socket') ?? '(nowhere)'} as ${user || '(nobody)'}`;
}

const partsOf = (dsn: string): Map<string, string> =>
  new Map(
    dsn
      .replace(/^\w+:/, '')
      .split(';')
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );

/** Values of the application's configuration template. */
const TOKENS = (database: Settings['mailwizz']['database']): Readonly<Record<string, string>> => ({
  '{DB_CONNECTION_STRING}': wantedConnection(database).dsn,
  '{DB_USER}': database.user,
  '{DB_PASS}': database.password.reveal(),
  '{DB_PREFIX}': TABLE_PREFIX,
  '{EMAILS_CUSTOM_HEADER_PREFIX}': 'X-',
});

/**
 * The configuration from the application's own template; undefined where the template lacks one of its tokens. The settings admit no
 * character in these values that a PHP string would have to escape.
 */
export function configurationFrom(template: string, database: Settings['mailwizz']['database']): string | undefined {
  const tokens = Object.entries(TOKENS(database));
  if (tokens.some(([token]) => !template.includes(token))) return undefined;
  return tokens.reduce((text, [token, value]) => text.replaceAll(token, () => value), template);
}
