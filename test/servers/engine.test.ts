import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../engine/build.js';
import { findBinaries } from './engine/packages.js';
import {
  eventually,
  postgres,
  POSTGRES_PASSWORD,
  query,
  redis,
  REDIS_PASSWORD,
  type Server,
} from './engine/servers.js';
import { ACCOUNTING_KEY, ADMIN_KEY, launch, startService, type Given, type Service } from './engine/service.js';

const binaries = findBinaries();
const reason = typeof binaries === 'string' ? binaries : '';
if (reason !== '' && process.env['EE_REQUIRE_LAB'] === '1') throw new Error(`The API cannot be tested: ${reason}.`);

const FIRST = { ip: '192.0.2.11', domain: 'mail1.example.com', sender: 'contact@mail1.example.com' };
const SECOND = { ip: '192.0.2.12', domain: 'mail2.example.com', sender: 'support@mail2.example.com' };
const KEY = { 'x-api-key': ADMIN_KEY };

describe.skipIf(reason !== '')(
  `the API in its bundle, with PostgreSQL and Redis${reason && ` (skipped: ${reason})`}`,
  () => {
    let folder: string;
    let database: Server;
    let cache: Server;
    let given: Given;
    let service: Service;
    const stops: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      if (typeof binaries === 'string') return;
      folder = await mkdtemp(join(tmpdir(), 'ee-engine-'));
      await chmod(folder, 0o755); // the database's user passes through
      await bundle(join(folder, 'engine.mjs'));
      database = await postgres(binaries, folder);
      stops.push(() => database.stop());
      cache = await redis(binaries);
      stops.push(() => cache.stop());
      given = {
        folder,
        bundle: join(folder, 'engine.mjs'),
        postgres: database,
        redis: cache,
        identities: [SECOND, FIRST],
      };
    });
    afterAll(async () => {
      for (const stop of stops.reverse()) await stop();
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    async function start(changes: Partial<Given> = {}): Promise<Service> {
      const started = await startService({ ...given, ...changes });
      stops.push(() => started.stop('SIGKILL'));
      return started;
    }

    const migrationsOf = ({ output }: Service): string | undefined => /"migrations":(\[.*?\])/.exec(output())?.[1];

    it('[R100] makes the schema once, even when two instances start at the same time', async () => {
      const [one, other] = await Promise.all([start(), start()]);
      service = one;
      expect([one, other].map(migrationsOf).sort()).toEqual(['[1,2]', '[]']);
      expect(await query(database.port, 'email_engine', 'SELECT id, name FROM schema_migrations ORDER BY id')).toEqual([
        { id: 1, name: 'sending identities' },
        { id: 2, name: 'accounting records and suppressions' },
      ]);
      await other.stop();
    });

    it('[R101] is healthy when both answer', async () => {
      expect(await service.get('/health')).toMatchObject({
        status: 200,
        body: { status: 'ok', components: { postgres: 'ok', redis: 'ok' } },
      });
    });

    it('[R96] listens on 127.0.0.1 and nowhere else', async () => {
      const elsewhere = service.url.replace('127.0.0.1', '127.0.0.2');
      await expect(fetch(`${elsewhere}/health`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    });

    it('[R97] lists the sending identities, in the order of its configuration, to the holder of the key only', async () => {
      expect(await service.get('/v1/identities')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      expect(await service.get('/v1/identities', KEY)).toEqual({ status: 200, body: { identities: [SECOND, FIRST] } });
    });

    it('[R99] has no table of accounts, and no rows but those of its configuration', async () => {
      const tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename";
      expect(await query(database.port, 'email_engine', tables)).toEqual([
        { tablename: 'accounting_records' },
        { tablename: 'schema_migrations' },
        { tablename: 'sending_identities' },
        { tablename: 'suppressions' },
      ]);
    });

    describe('the accounting', () => {
      const id = (name: string): string => createHash('sha256').update(name).digest('hex');
      const bounce = (name: string, fields: Record<string, string> = {}) => ({
        id: id(name),
        fields: { type: 'b', timeLogged: '2026-11-24 08:15:00+0000', rcpt: 'a@b.example', ...fields },
      });
      const hand = async (...records: object[]) => {
        const response = await fetch(`${service.url}/v1/accounting`, {
          method: 'POST',
          headers: { 'x-api-key': ACCOUNTING_KEY, 'content-type': 'application/json' },
          body: JSON.stringify({ records }),
        });
        return [response.status, await response.json()] as [number, Record<string, unknown>];
      };
      const rows = (sql: string) => query(database.port, 'email_engine', sql);
      const suppressed = (address: string) => service.get(`/v1/suppressions/${address}`, KEY);

      it('[R112] keeps a record once, however often it comes, even at the same time', async () => {
        const records = Array.from({ length: 500 }, (_, index) => bounce(`many ${index}`));
        const answers = await Promise.all([hand(...records), hand(...records), hand(...records.slice(100))]);
        const accepted = answers.map(([, answer]) => Number(answer['accepted']));
        expect(answers.map(([status]) => status)).toEqual([200, 200, 200]);
        expect(accepted.reduce((sum, count) => sum + count)).toBe(500);
        expect(await hand(records[0] ?? {}, records[0] ?? {})).toEqual([200, { accepted: 0, duplicate: 2 }]);
        expect(await rows('SELECT count(*)::integer AS count FROM accounting_records')).toEqual([{ count: 500 }]);
      });

      it('has what is asked for in columns, and the record as it came', async () => {
        const fields = {
          orig: 'contact@mail1.example.com',
          rcpt: 'X@Y.example',
          dsnStatus: '5.0.0 (undefined)',
          dlvSourceIp: '192.0.2.11',
          vmta: 'vmta-mail1',
          dsnDiag: 'smtp;550 "no"\r\n\0 é 😀',
          'header_Message-Id': '<1@mail1.example.com>',
        };
        expect(await hand(bounce('whole', fields))).toEqual([200, { accepted: 1, duplicate: 0 }]);
        const [row] = await rows(
          `SELECT type, time, recipient, dsn_status, host(source_ip) AS source, vmta, message_id, raw->>'dsnDiag' AS diagnostic
           FROM accounting_records WHERE id = decode('${id('whole')}', 'hex')`,
        );
        expect(row).toEqual({
          type: 'b',
          time: new Date('2026-11-24T08:15:00Z'),
          recipient: 'x@y.example',
          dsn_status: '5.0.0',
          source: '192.0.2.11',
          vmta: 'vmta-mail1',
          message_id: '<1@mail1.example.com>',
          diagnostic: 'smtp;550 "no"\r\n\ufffd é 😀',
        });
      });

      it('keeps all of a batch or nothing, and says whose fault it is', async () => {
        const tooLong = bounce('too long', { rcpt: randomBytes(9_000).toString('hex') });
        for (const bad of [bounce('no time', { timeLogged: 'soon' }), tooLong]) {
          expect(await hand(bounce('good neighbour'), bad)).toMatchObject([422, { status: 422 }]);
        }
        expect(
          await rows(`SELECT 1 FROM accounting_records WHERE id = decode('${id('good neighbour')}', 'hex')`),
        ).toEqual([]);
      });

      it('suppresses for ever after a hard bounce and a complaint, and never for what is the sender’s fault', async () => {
        const hard = {
          rcpt: 'Gone@b.example',
          bounceCat: 'bad-mailbox',
          dsnAction: 'failed',
          dsnStatus: '5.1.1 (bad)',
        };
        await hand(
          bounce('hard', hard),
          bounce('complaint', { type: 'f', rcpt: 'angry@b.example' }),
          bounce('spam', { ...hard, rcpt: 'kept@b.example', bounceCat: 'spam-related' }),
        );
        expect(await suppressed('gone@B.example')).toEqual({
          status: 200,
          body: {
            address: 'gone@b.example',
            reason: 'bounce',
            category: 'bad-mailbox',
            since: '2026-11-24T08:15:00.000Z',
            until: null,
          },
        });
        expect(await suppressed('angry@b.example')).toMatchObject({ body: { reason: 'complaint', until: null } });
        expect(await suppressed('kept@b.example')).toMatchObject({ status: 404 });
      });

      it('suppresses for a while after the third full mailbox, counting no bounce twice, and forgets nothing that is for ever', async () => {
        const now = Math.floor(Date.now() / 1000);
        const full = (name: string, rcpt = 'full@b.example') =>
          bounce(name, { rcpt, bounceCat: 'quota-issues', dsnStatus: '4.2.2', timeLogged: String(now) });
        await hand(full('1'), full('2'), full('1'));
        await hand(full('1'), full('2'));
        expect(await suppressed('full@b.example')).toMatchObject({ status: 404 });
        await hand(full('3'));
        expect(await suppressed('full@b.example')).toMatchObject({
          body: { reason: 'bounces', until: new Date((now + 14 * 86_400) * 1000).toISOString() },
        });
        await hand(full('4', 'gone@b.example'), full('5', 'gone@b.example'), full('6', 'gone@b.example'));
        expect(await suppressed('gone@b.example')).toMatchObject({ body: { reason: 'bounce', until: null } });
      });
    });

    it('keeps its secrets out of its arguments, its environment and its log', () => {
      const shown = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${service.pid}/${name}`, 'utf8'));
      for (const secret of [ADMIN_KEY, ACCOUNTING_KEY, POSTGRES_PASSWORD, REDIS_PASSWORD]) {
        expect([...shown, service.output()].join('\n')).not.toContain(secret);
      }
    });

    it('[R101] says which one is down, and recovers by itself', async () => {
      await cache.stop();
      expect(await service.get('/health')).toMatchObject({
        status: 503,
        body: { status: 'degraded', components: { postgres: 'ok', redis: 'down' } },
      });
      await cache.start();
      await eventually(async () => expect(await service.get('/health')).toMatchObject({ status: 200 }));

      await database.stop();
      expect(await service.get('/health')).toMatchObject({
        status: 503,
        body: { components: { postgres: 'down', redis: 'ok' } },
      });
      expect(await service.get('/v1/identities', KEY)).toMatchObject({
        status: 503,
        body: { code: 'database_unavailable' },
      });
      await database.start();
      await eventually(async () => expect(await service.get('/health')).toMatchObject({ status: 200 }));
    });

    it('stops in good order on SIGTERM', async () => {
      expect(await service.stop('SIGTERM')).toBe(0);
    });

    it('[R100] runs no migration twice, and follows a changed configuration', async () => {
      const again = await start({ identities: [{ ...FIRST, sender: 'hello@mail1.example.com' }] });
      expect(migrationsOf(again)).toBe('[]');
      expect(await again.get('/v1/identities', KEY)).toEqual({
        status: 200,
        body: { identities: [{ ...FIRST, sender: 'hello@mail1.example.com' }] },
      });
      await again.stop();
    });

    it('[R100] refuses a database whose schema was made by another version of a migration', async () => {
      await query(
        database.port,
        'email_engine',
        "UPDATE schema_migrations SET sha256 = 'of another text' WHERE id = 1",
      );
      const { child, service: refused } = await launch(given);
      const [status] = (await once(child, 'close')) as [number | null];
      expect(status).toBe(1);
      expect(refused.output()).toContain('Migration 1 (sending identities) was changed after it ran on this database.');
    });
  },
);
