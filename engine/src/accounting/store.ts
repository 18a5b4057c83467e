import type pg from 'pg';
import type { AccountingRecord } from './record.js';
import { consequenceOf, type Consequence } from './suppression.js';

/** Days that a recipient is left alone after bounces that may pass, and days within which those bounces count. */
const PAUSE_DAYS = 14;
const MEMORY_DAYS = 30;

export interface Suppression {
  readonly address: string;
  readonly reason: string;
  readonly category: string | null;
  readonly since: string;
  /** null: for ever. */
  readonly until: string | null;
}

/** The records of PowerMTA and the suppressions that follow from them, in PostgreSQL. */
export class AccountingStore {
  constructor(private readonly pool: pg.Pool) {}

  /**
   * Keeps the records that are not known yet, with their consequences, all or none; returns how many were new. A record that comes again
   * changes nothing.
   */
  async add(records: readonly AccountingRecord[]): Promise<number> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const added = await insert(client, records);
      const byId = new Map(records.map((record) => [record.id, record])); // once, also where a batch has one twice
      for (const [id, record] of byId) {
        const consequence = added.has(id) ? consequenceOf(record) : undefined;
        if (consequence) await apply(client, record, consequence);
      }
      await client.query('COMMIT');
      return added.size;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined); // a lost connection has nothing to take back
      throw error;
    } finally {
      client.release();
    }
  }

  /** Why an address is not written to, or undefined. */
  async suppression(address: string): Promise<Suppression | undefined> {
    const { rows } = await this.pool.query<{
      address: string;
      reason: string;
      category: string;
      since: Date;
      until: Date;
    }>(
      'SELECT address, reason, category, since, until FROM suppressions WHERE address = $1 AND (until IS NULL OR until > now())',
      [address.toLowerCase()],
    );
    const [row] = rows;
    return row && { ...row, since: row.since.toISOString(), until: row.until?.toISOString() ?? null };
  }

  /** When PowerMTA logged the newest record. */
  async newest(): Promise<Date | undefined> {
    const { rows } = await this.pool.query<{ newest: Date | null }>(
      'SELECT max(time) AS newest FROM accounting_records',
    );
    return rows[0]?.newest ?? undefined;
  }
}

/** One statement, whatever the number of records; gives the ids of the new ones. */
async function insert(client: pg.PoolClient, records: readonly AccountingRecord[]): Promise<Set<string>> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO accounting_records (id, type, time, vmta, job, envelope, sender, recipient, dsn_action, dsn_status,
       bounce_category, source_ip, message_id, raw)
     SELECT decode(id, 'hex'), type, time, vmta, job, envelope, sender, recipient, "dsnAction", "dsnStatus",
       "bounceCategory", "sourceIp", "messageId", raw
     FROM jsonb_to_recordset($1::jsonb) AS given (id text, type text, time timestamptz, vmta text, job text, envelope text,
       sender text, recipient text, "dsnAction" text, "dsnStatus" text, "bounceCategory" text, "sourceIp" inet,
       "messageId" text, raw jsonb)
     ON CONFLICT (id) DO NOTHING
     RETURNING encode(id, 'hex') AS id`,
    [JSON.stringify(records)],
  );
  return new Set(rows.map(({ id }) => id));
}

async function apply(client: pg.PoolClient, record: AccountingRecord, consequence: Consequence): Promise<void> {
  const { id, recipient, time, bounceCategory } = record;
  if (consequence.kind === 'forever') {
    await suppress(client, [recipient, consequence.reason, bounceCategory, id, time, null]);
    return;
  }
  // Bounces that led to a pause before don't lead to the next one.
  const { rows } = await client.query<{ bounces: number }>(
    `SELECT count(*)::integer AS bounces FROM accounting_records
     WHERE recipient = $1 AND type IN ('b', 'rb') AND bounce_category = ANY($2)
       AND time > $3::timestamptz - make_interval(days => $4)
       AND time > coalesce((SELECT since FROM suppressions WHERE address = $1), '-infinity')`,
    [recipient, consequence.categories, time, MEMORY_DAYS],
  );
  if ((rows[0]?.bounces ?? 0) < consequence.threshold) return;
  const until = new Date(Date.parse(time) + PAUSE_DAYS * 86_400_000).toISOString();
  await suppress(client, [recipient, 'bounces', bounceCategory, id, time, until]);
}

/** What is for ever stays so. */
async function suppress(client: pg.PoolClient, values: readonly (string | null)[]): Promise<void> {
  await client.query(
    `INSERT INTO suppressions (address, reason, category, record, since, until)
     VALUES ($1, $2, $3, decode($4, 'hex'), $5, $6)
     ON CONFLICT (address) DO UPDATE
       SET reason = excluded.reason, category = excluded.category, record = excluded.record, since = excluded.since,
           until = excluded.until
       WHERE suppressions.until IS NOT NULL`,
    [...values],
  );
}
