import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyArchives, fillFromPool, takeIntoPool } from '../../../src/lib/lab/package-pool.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-pool-'));
});
afterEach(() => rm(folder, { recursive: true }));

const store = (): { labs: string; cache: string } => ({ labs: join(folder, 'labs'), cache: join(folder, 'cache') });
const archives = (layer: string): string => join(folder, layer, 'var/cache/apt/archives');

describe('the pool of downloaded packages', () => {
  it('gives the next host of the same release what another one downloaded', async () => {
    await mkdir(join(archives('one'), 'partial'), { recursive: true });
    await writeFile(join(archives('one'), 'nginx_1.22_amd64.deb'), 'package');
    await writeFile(join(archives('one'), 'lock'), '');
    await takeIntoPool(store(), 'bookworm', join(folder, 'one'));
    await fillFromPool(store(), 'bookworm', join(folder, 'two'));
    await fillFromPool(store(), 'trixie', join(folder, 'three'));
    expect(await readdir(archives('two'))).toEqual(['nginx_1.22_amd64.deb']);
    expect(await readFile(join(archives('two'), 'nginx_1.22_amd64.deb'), 'utf8')).toBe('package');
    expect(await readdir(archives('three'))).toEqual([]);
  });

  it('keeps a package that a host deletes', async () => {
    await mkdir(archives('one'), { recursive: true });
    await writeFile(join(archives('one'), 'a.deb'), 'package');
    await takeIntoPool(store(), 'bookworm', join(folder, 'one'));
    await emptyArchives(join(folder, 'one'));
    await fillFromPool(store(), 'bookworm', join(folder, 'two'));
    expect(await readdir(archives('one'))).toEqual([]);
    expect(await readdir(archives('two'))).toEqual(['a.deb']);
  });

  it('leaves the folders of a layer open to the services of its host, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      await fillFromPool(store(), 'bookworm', join(folder, 'one'));
    } finally {
      process.umask(before);
    }
    const modes = await Promise.all(
      ['var', 'var/cache', 'var/cache/apt'].map(async (path) => (await stat(join(folder, 'one', path))).mode & 0o777),
    );
    expect(modes).toEqual([0o755, 0o755, 0o755]);
  });
});
