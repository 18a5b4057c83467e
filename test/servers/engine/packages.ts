import { existsSync, readdirSync } from 'node:fs';
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

/** The servers on this machine. A text says why there are none. */
export function findBinaries(): Binaries | string {
  const postgres = findPostgres();
  const redis = findRedis();
  if (postgres === undefined) return 'PostgreSQL is not installed (apt-get install postgresql)';
  if (redis === undefined) return 'Redis is not installed (apt-get install redis-tools)';
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
