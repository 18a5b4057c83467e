import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How to start a server: the file, and the name that it must be called by. */
export interface Binary {
  readonly file: string;
  readonly argv0: string;
}

export interface Binaries {
  /** The folder with `postgres` and `initdb`. */
  readonly postgres: string;
  readonly redis: Binary;
}

/** The servers on this machine; as root on Debian, what is missing is installed. A text says why there are none. */
export function findBinaries(): Binaries | string {
  const wanted: [name: string, find: () => unknown][] = [
    ['postgresql', findPostgres],
    ['redis-tools', findRedis],
  ];
  const missing = wanted.filter(([, find]) => find() === undefined).map(([name]) => name);
  if (missing.length > 0) install(missing);
  const postgres = findPostgres();
  const redis = findRedis();
  if (postgres === undefined) return 'PostgreSQL is not installed (apt-get install postgresql)';
  if (redis === undefined) return 'Redis is not installed (apt-get install redis-server)';
  return { postgres, redis };
}

function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** Debian's redis-check-rdb is the server under another name; its package starts no daemon. */
function findRedis(): Binary | undefined {
  const file = ['/usr/bin/redis-server', '/usr/bin/redis-check-rdb'].find((path) => existsSync(path));
  return file === undefined ? undefined : { file, argv0: 'redis-server' };
}

/** Installs without letting a package start its daemon on this machine. */
function install(packages: string[]): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const arguments_ = ['install', '-y', '--no-install-recommends', ...packages];
    if (spawnSync('apt-get', arguments_, { env, stdio: 'ignore' }).status === 0) return;
    execFileSync('apt-get', ['update'], { env, stdio: 'ignore' });
    spawnSync('apt-get', arguments_, { env, stdio: 'ignore' });
  } finally {
    if (ours) rmSync(policy);
  }
}
