import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, eventually, freePort, POSTGRES_PASSWORD, REDIS_PASSWORD, type Server } from './servers.js';

export const ADMIN_KEY = 'admin-key-of-this-test-0123456789';
export const ACCOUNTING_KEY = 'accounting-key-of-this-test-012345';

/** A running bundle, as its systemd unit would run it. */
export interface Service {
  readonly pid: number;
  readonly url: string;
  /** Everything that it wrote so far. */
  readonly output: () => string;
  /** Fetches a path; the JSON body is parsed. */
  readonly get: (path: string, headers?: Record<string, string>) => Promise<{ status: number; body: unknown }>;
  /** Sends a signal, waits for the end, returns the exit status. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

export interface Given {
  readonly folder: string;
  readonly bundle: string;
  readonly postgres: Server;
  readonly redis: Server;
  readonly identities: readonly { ip: string; domain: string; sender: string }[];
  readonly postgresPassword?: string;
}

/** Starts the bundle and waits until it answers, or until it gives up. */
export async function startService(given: Given): Promise<Service> {
  const { child, service } = await launch(given);
  await eventually(async () => {
    if (child.exitCode !== null) return;
    await fetch(`${service.url}/health`);
  });
  return service;
}

/** Starts the bundle without waiting. */
export async function launch(given: Given): Promise<{ child: ChildProcess; service: Service }> {
  const port = await freePort();
  const folder = join(given.folder, `service-${port}`);
  mkdirSync(folder, { mode: 0o700 });
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });
  put(
    'config.json',
    JSON.stringify({
      port,
      postgres: { host: '127.0.0.1', port: given.postgres.port, database: 'email_engine', user: 'email_engine' },
      redis: { host: '127.0.0.1', port: given.redis.port },
      identities: given.identities,
    }),
  );
  put('admin-key', `${ADMIN_KEY}\n`);
  put('accounting-key', `${ACCOUNTING_KEY}\n`);
  put('postgres-password', given.postgresPassword ?? POSTGRES_PASSWORD);
  put('redis-password', REDIS_PASSWORD);

  const child = spawn(process.execPath, [given.bundle], {
    cwd: '/',
    env: { EE_CONFIG: join(folder, 'config.json'), CREDENTIALS_DIRECTORY: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const service: Service = {
    pid: child.pid ?? 0,
    url,
    output: () => output,
    async get(path, headers = {}) {
      const response = await fetch(`${url}${path}`, { headers });
      return { status: response.status, body: await response.json() };
    },
    stop: (signal = 'SIGTERM') => end(child, signal),
  };
  return { child, service };
}
