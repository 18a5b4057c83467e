import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import type { Binaries } from './packages.js';

/** A server under test; it can be stopped and started again on the same port and data. */
export interface Server {
  readonly port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const POSTGRES_PASSWORD = 'postgres secret of this test';
export const REDIS_PASSWORD = 'redis-secret-of-this-test';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Tries until it succeeds, for at most 20 seconds; then throws the last error. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Ends a process and waits for its end; returns its exit status. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await ended)[0];
}

/** PostgreSQL with password authentication, and an empty database `email_engine` of a role with the same name. */
export async function postgres({ postgres: bin }: Binaries, folder: string): Promise<Server> {
  const port = await freePort();
  const as = unprivileged();
  const data = join(folder, 'postgres');
  mkdirSync(data, { mode: 0o700 });
  if (as.uid !== undefined) chownSync(data, as.uid, as.gid ?? as.uid);
  writeFileSync(join(folder, 'pwfile'), POSTGRES_PASSWORD, { mode: 0o644 });
  const cluster = join(data, 'cluster');
  execFileSync(
    join(bin, 'initdb'),
    [
      '-D',
      cluster,
      '-U',
      'admin',
      '--auth=scram-sha-256',
      `--pwfile=${join(folder, 'pwfile')}`,
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C',
    ],
    { ...as, cwd: data, stdio: 'ignore' },
  );

  let child: ChildProcess | undefined;
  const server: Server = {
    port,
    async start() {
      const options = ['-D', cluster, '-p', String(port), '-h', '127.0.0.1', '-k', data, '-F'];
      child = spawn(join(bin, 'postgres'), options, { ...as, cwd: data, stdio: 'ignore' });
      await eventually(() => query(port, 'postgres', 'SELECT 1'));
    },
    async stop() {
      if (child) await end(child, 'SIGQUIT');
    },
  };
  await server.start();
  await query(port, 'postgres', `CREATE ROLE email_engine LOGIN PASSWORD '${POSTGRES_PASSWORD}'`);
  await query(port, 'postgres', 'CREATE DATABASE email_engine OWNER email_engine');
  return server;
}

/** Redis with a password, keeping nothing on disk. */
export async function redis({ redis: binary }: Binaries): Promise<Server> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: Server = {
    port,
    async start() {
      const options = ['--port', String(port), '--bind', '127.0.0.1', '--requirepass', REDIS_PASSWORD, '--save', ''];
      child = spawn(binary.file, options, { argv0: binary.argv0, stdio: 'ignore', cwd: '/tmp' });
      await eventually(async () => {
        const socket = (await import('node:net')).connect(port, '127.0.0.1');
        await once(socket, 'connect');
        socket.destroy();
      });
    },
    async stop() {
      if (child) await end(child, 'SIGKILL');
    },
  };
  await server.start();
  return server;
}

/** The rows of a query, as the administrator. */
export async function query(port: number, database: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ host: '127.0.0.1', port, database, user: 'admin', password: POSTGRES_PASSWORD });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** PostgreSQL refuses to run as root: the user that its package made, where we are root. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const number = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: number('-u'), gid: number('-g') };
}
