import { createHash } from 'node:crypto';

/** One step of the schema. A step that was released is never changed: a new one follows it. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    name: 'sending identities',
    sql: `
      CREATE TABLE sending_identities (
        ip inet PRIMARY KEY,
        position integer NOT NULL,
        domain text NOT NULL,
        sender text NOT NULL
      )`,
  },
  {
    id: 2,
    name: 'accounting records and suppressions',
    sql: `
      CREATE TABLE accounting_records (
        id bytea PRIMARY KEY,
        type text NOT NULL,
        time timestamptz NOT NULL,
        vmta text,
        job text,
        envelope text,
        sender text,
        recipient text,
        dsn_action text,
        dsn_status text,
        bounce_category text,
        source_ip inet,
        message_id text,
        raw jsonb NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX accounting_records_time ON accounting_records (time);
      CREATE INDEX accounting_records_recipient ON accounting_records (recipient, time);
      CREATE INDEX accounting_records_message ON accounting_records (message_id) WHERE message_id IS NOT NULL;
      CREATE INDEX accounting_records_job ON accounting_records (job, time) WHERE job IS NOT NULL;
      CREATE TABLE suppressions (
        address text PRIMARY KEY,
        reason text NOT NULL,
        category text,
        record bytea NOT NULL REFERENCES accounting_records (id),
        since timestamptz NOT NULL,
        until timestamptz
      )`,
  },
];

/** Any number, the same in every instance of this API and in nothing else that uses the database. */
const LOCK = 4_505_137;

/** What a migration needs of a database connection. */
export interface Connection {
  query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/**
 * Brings the schema up to date and returns the ids of the steps that it ran: none, the second time. Two instances that start together
 * wait for each other; a step that fails leaves nothing of itself. A step that was changed after it ran is an error.
 */
export async function migrate(connection: Connection, migrations = MIGRATIONS): Promise<number[]> {
  await connection.query('SELECT pg_advisory_lock($1)', [LOCK]);
  try {
    await connection.query(`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        id integer PRIMARY KEY,
        name text NOT NULL,
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
    const { rows } = await connection.query('SELECT id, sha256 FROM schema_migrations');
    const applied = new Map(rows.map((row) => [row['id'], row['sha256']]));
    const ran: number[] = [];
    for (const migration of migrations) {
      const before = applied.get(migration.id);
      if (before === undefined) {
        await run(connection, migration);
        ran.push(migration.id);
      } else if (before !== checksum(migration)) {
        throw new Error(`Migration ${migration.id} (${migration.name}) was changed after it ran on this database.`);
      }
    }
    return ran;
  } finally {
    await connection.query('SELECT pg_advisory_unlock($1)', [LOCK]);
  }
}

async function run(connection: Connection, migration: Migration): Promise<void> {
  await connection.query('BEGIN');
  try {
    await connection.query(migration.sql);
    await connection.query('INSERT INTO schema_migrations (id, name, sha256) VALUES ($1, $2, $3)', [
      migration.id,
      migration.name,
      checksum(migration),
    ]);
    await connection.query('COMMIT');
  } catch (error) {
    await connection.query('ROLLBACK');
    throw error;
  }
}

function checksum({ sql }: Migration): string {
  return createHash('sha256').update(sql).digest('hex');
}
