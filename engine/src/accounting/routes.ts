import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, type Registry } from 'prom-client';
import { Problem } from '../problem.js';
import { readRecord, type AccountingRecord, type SentRecord } from './record.js';
import type { Suppression } from './store.js';

/** Where accounting records go, and what follows from them. */
export interface Accounting {
  /** Keeps the records that are new, and returns how many those were. */
  add(records: readonly AccountingRecord[]): Promise<number>;
  suppression(address: string): Promise<Suppression | undefined>;
  newest(): Promise<Date | undefined>;
}

/** More than a batch of the shipper is long. */
const BODY_LIMIT = 4 * 1024 * 1024;

const BATCH = {
  type: 'object',
  required: ['records'],
  additionalProperties: false,
  properties: {
    records: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['id', 'fields'],
        additionalProperties: false,
        properties: {
          id: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          fields: { type: 'object', maxProperties: 200, additionalProperties: { type: 'string' } },
        },
      },
    },
  },
} as const;

const ADDRESS = {
  type: 'object',
  required: ['address'],
  properties: { address: { type: 'string', maxLength: 320, pattern: '^[^@\\s]+@[^@\\s]+$' } },
} as const;

/** The intake of PowerMTA's accounting, for the shipper; and what came of it, for the administrator. */
export function accountingRoutes(app: FastifyInstance, accounting: Accounting, registry: Registry): void {
  const records = createMetrics(accounting, registry);

  app.post<{ Body: { records: SentRecord[] } }>(
    '/v1/accounting',
    { config: { access: 'accounting' }, bodyLimit: BODY_LIMIT, schema: { body: BATCH }, logLevel: 'warn' },
    async ({ body }) => {
      const read = body.records.map(understood);
      const accepted = await available(() => accounting.add(read));
      const duplicate = read.length - accepted;
      records.inc({ result: 'accepted' }, accepted);
      records.inc({ result: 'duplicate' }, duplicate);
      return { accepted, duplicate };
    },
  );

  app.get<{ Params: { address: string } }>(
    '/v1/suppressions/:address',
    { schema: { params: ADDRESS } },
    async ({ params }) => {
      const found = await available(() => accounting.suppression(params.address));
      if (!found) throw new Problem(404, 'not_suppressed', `${params.address} is not suppressed.`);
      return found;
    },
  );
}

function understood(sent: SentRecord, index: number): AccountingRecord {
  const read = readRecord(sent);
  if (typeof read === 'string') throw new Problem(422, 'not_a_record', `The record ${index} is none: ${read}.`);
  return read;
}

async function available<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (cause) {
    if (blamesTheData(cause)) throw new Problem(422, 'not_storable', 'PostgreSQL refuses a value in it.', { cause });
    throw new Problem(503, 'database_unavailable', 'The database does not answer. Try again later.', { cause });
  }
}

/** SQLSTATE of classes 22 (data exception) and 54 (a limit exceeded): trying again would not help. */
function blamesTheData(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(22|54)...$/.test(code);
}

function createMetrics(accounting: Accounting, registry: Registry): Counter<'result'> {
  new Gauge({
    name: 'ee_acct_last_record_timestamp_seconds',
    help: 'When PowerMTA logged the newest accounting record. Absent while there is none, or the database is away.',
    registers: [registry],
    async collect() {
      this.remove();
      const newest = await accounting.newest().catch(() => undefined);
      if (newest) this.set(newest.getTime() / 1000);
    },
  });
  const records = new Counter({
    name: 'ee_acct_records_total',
    help: 'Accounting records taken in: new ones, and ones that were there already.',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of ['accepted', 'duplicate']) records.inc({ result }, 0);
  return records;
}
