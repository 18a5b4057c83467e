import type { Settings } from '../settings/settings.js';
import { type Connection, describeConnection, leadsTo } from './configuration.js';
import { CONTENT_TABLES, DATA_TABLES, TABLE_PREFIX } from './layout.js';
import type { UnderWay } from './under-way.js';

/** What is on the host, as one look found it. */
export interface Seen {
  /** MW_VERSION of the application; undefined where none is unpacked. */
  readonly version?: string;
  /** Whether install/ is there, and the version that it says of itself. */
  readonly installer?: { readonly version?: string };
  /** Where the configuration leads; `unreadable` for one that PHP does not understand. */
  readonly configuration?: Connection | 'unreadable';
  /** Whether an installation was proven. */
  readonly proven: boolean;
  /** Work on the whole panel that was begun and has not ended. */
  readonly underWay?: UnderWay;
  /** MariaDB does not answer: nothing is known of the database, not even that it is absent. */
  readonly unanswered?: true;
  /** Names of all tables in the database; undefined where there is no database, or it is not known. */
  readonly tables?: readonly string[];
  /** Tables that the application's schema creates, without prefix. */
  readonly schema: readonly string[];
  /** Rows by table, without prefix, of the tables with content or data and of `user`, where they exist. */
  readonly rows: ReadonlyMap<string, number>;
  /** Whether a user has the administrator's address. */
  readonly administrator: boolean;
}

/** What that means for an installation. */
export type State =
  /** Nothing to install on. */
  | { readonly kind: 'unprepared'; readonly reason: string }
  /** The application is unpacked and its database is empty. */
  | { readonly kind: 'fresh' }
  /** An installation was cut: what is there was made by it, and nobody has put anything into it. */
  | { readonly kind: 'half-made'; readonly found: string }
  /** The administrator is there and nothing else: the installation only has to be finished. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'installed' }
  /** The configuration leads elsewhere. */
  | { readonly kind: 'foreign'; readonly leads: string }
  /** Somebody's data is in the database. */
  | { readonly kind: 'in-use'; readonly found: readonly string[] };

/** Work on the whole panel that was cut; one that only did not say any more that it was over is none. */
export const cutWork = ({ underWay, proven }: Pick<Seen, 'underWay' | 'proven'>): UnderWay | undefined =>
  underWay?.phase === 'installing' && proven ? undefined : underWay;

/** What a host lacks for anything to be done with MailWizz; nothing where it has all. */
export function whyUnprepared({ version, unanswered, tables }: Seen, database: string): string | undefined {
  if (version === undefined) return 'MailWizz is not unpacked there';
  if (unanswered) return 'MariaDB does not answer there';
  return tables === undefined ? `its database ${database} is not there` : undefined;
}

/** Judges what was found. Where it is not certain that nobody's data is in the database, it counts as in use. */
export function stateOf(seen: Seen, { database }: Pick<Settings['mailwizz'], 'database'>): State {
  const { configuration, tables = [], rows } = seen;
  const reason = whyUnprepared(seen, database.name);
  if (reason !== undefined) return { kind: 'unprepared', reason };
  if (configuration !== undefined && configuration !== 'unreadable' && !leadsTo(configuration, database)) {
    return { kind: 'foreign', leads: describeConnection(configuration) };
  }
  const users = rows.get('user') ?? 0;
  const readable = configuration !== undefined && configuration !== 'unreadable';
  if (seen.proven && readable && users > 0) return { kind: 'installed' };

  const data = dataIn(seen);
  if (data.length > 0) return { kind: 'in-use', found: data };
  if (users === 1 && readable) return { kind: 'unfinished' };
  const left = [
    ...(configuration === undefined ? [] : ['a configuration']),
    ...(tables.length === 0 ? [] : [`${tables.length} tables without content`]),
  ];
  return left.length === 0 ? { kind: 'fresh' } : { kind: 'half-made', found: left.join(' and ') };
}

/** What of the database no cut installation can have made. */
function dataIn({ tables = [], schema, rows, administrator }: Seen): string[] {
  const own = new Set(schema.map((name) => `${TABLE_PREFIX}${name}`));
  const foreign = tables.filter((table) => !own.has(table));
  const filled = [...CONTENT_TABLES, ...DATA_TABLES].flatMap((table) => counted(rows.get(table) ?? 0, table));
  const users = rows.get('user') ?? 0;
  return [
    ...(foreign.length > 0 ? [`tables that are not MailWizz's: ${foreign.slice(0, 5).join(', ')}`] : []),
    ...filled,
    ...(users > 1
      ? [`${users} users`]
      : users === 1 && !administrator
        ? ['a user who is not MAILWIZZ_ADMIN_EMAIL']
        : []),
  ];
}

/** What a table holds, for people; nothing where it is empty. */
export const counted = (count: number, table: string): string[] =>
  count > 0 ? [`${count} ${count === 1 ? 'row' : 'rows'} in ${table}`] : [];

/** What a new installation must not contain: empty when it is proven. */
export function notEmpty({ rows }: Pick<Seen, 'rows'>): string[] {
  const users = rows.get('user');
  return [
    ...CONTENT_TABLES.flatMap((table) => {
      const count = rows.get(table);
      return count === undefined ? [`${table} is missing`] : counted(count, table);
    }),
    ...(users === 1 ? [] : [`${users ?? 'no table of'} users instead of one`]),
  ];
}
