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
import { ADMIN_KEY, launch, startService, type Given, type Service } from './engine/service.js';

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
      expect([one, other].map(migrationsOf).sort()).toEqual(['[1]', '[]']);
      expect(await query(database.port, 'email_engine', 'SELECT id, name FROM schema_migrations')).toEqual([
        { id: 1, name: 'sending identities' },
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
        { tablename: 'schema_migrations' },
        { tablename: 'sending_identities' },
      ]);
    });

    it('keeps its secrets out of its arguments, its environment and its log', () => {
      const shown = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${service.pid}/${name}`, 'utf8'));
      for (const secret of [ADMIN_KEY, POSTGRES_PASSWORD, REDIS_PASSWORD]) {
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
      await query(database.port, 'email_engine', "UPDATE schema_migrations SET sha256 = 'of another text'");
      const { child, service: refused } = await launch(given);
      const [status] = (await once(child, 'close')) as [number | null];
      expect(status).toBe(1);
      expect(refused.output()).toContain('Migration 1 (sending identities) was changed after it ran on this database.');
    });
  },
);
