import pg from 'pg';
import { AccountingStore } from './accounting/store.js';
import type { Config } from './config.js';
import type { Component } from './health.js';
import type { SendingIdentity } from './identity.js';
import { migrate } from './migrations.js';

/** PostgreSQL, through a pool that opens connections as they are needed and replaces lost ones. */
export class Database implements Component {
  readonly name = 'postgres';
  readonly #pool: pg.Pool;
  /** The records of PowerMTA, and who is not written to any more because of them. */
  readonly accounting: AccountingStore;

  /** `onError` hears of idle connections that broke: the next query opens another. */
  constructor(config: Config['postgres'], onError: (error: Error) => void) {
    this.#pool = new pg.Pool({ ...config, max: 10, connectionTimeoutMillis: 5_000, application_name: 'email-engine' });
    this.#pool.on('error', onError);
    this.accounting = new AccountingStore(this.#pool);
  }

  async check(): Promise<void> {
    await this.#pool.query('SELECT 1');
  }

  /** Runs the migrations that have not run yet; returns their ids. */
  async migrate(): Promise<number[]> {
    const client = await this.#pool.connect();
    try {
      return await migrate(client);
    } finally {
      client.release();
    }
  }

  /** Makes the table say what the configuration says, at once for whoever reads it. */
  async syncIdentities(identities: readonly SendingIdentity[]): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('DELETE FROM sending_identities WHERE ip <> ALL($1::inet[])', [
        identities.map(({ ip }) => ip),
      ]);
      for (const [position, { ip, domain, sender }] of identities.entries()) {
        await client.query(
          `INSERT INTO sending_identities (ip, position, domain, sender) VALUES ($1, $2, $3, $4)
           ON CONFLICT (ip) DO UPDATE SET position = $2, domain = $3, sender = $4`,
          [ip, position, domain, sender],
        );
      }
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }

  /** The sending identities, in the order of the configuration. */
  async all(): Promise<SendingIdentity[]> {
    const { rows } = await this.#pool.query<SendingIdentity>(
      'SELECT host(ip) AS ip, domain, sender FROM sending_identities ORDER BY position',
    );
    return rows;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
