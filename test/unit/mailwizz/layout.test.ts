import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CRON_ENTRIES } from '../../../src/lib/mailwizz/cron.js';
import { prepareApplication } from '../../../src/lib/mailwizz/prepare.js';

describe('the console commands', () => {
  it('[R53] are eight, each once, and none that does not exist', () => {
    const names = CRON_ENTRIES.map(({ command }) => command);
    expect(names).toHaveLength(8);
    expect(new Set(names).size).toBe(8);
    for (const wrong of ['process-bounces', 'process-feedback-loop']) expect(names).not.toContain(wrong);
  });
});

describe('an unpacked application', () => {
  let folder: string;
  const at = (path: string) => join(folder, 'app', path);
  const aside = (path: string) => join(folder, 'aside', path);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-prepare-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(at(path)), { recursive: true });
      await writeFile(at(path), text, { mode: 0o777 });
    }
  }

  /** Prepares it for the user who runs this, for whom ownership is no matter. */
  async function prepare(): Promise<void> {
    const user = (await execa('id', ['-un'])).stdout;
    const script = prepareApplication(join(folder, 'aside'), user)
      .replace(/^chown -R root:root \.$/m, ':')
      .replace(/^chown -R .*$/m, ':');
    await execa('sh', ['-eu'], { cwd: at('.'), input: script });
  }
  const list = async (): Promise<string[]> =>
    (await execa('find', ['.', '-type', 'f', '-printf', '%P\n'], { cwd: at('.') })).stdout
      .split('\n')
      .filter(Boolean)
      .sort();

  it('[R47] loses what the old system wrote: credentials, caches, uploads and dumps; nothing of it is destroyed but caches', async () => {
    await write({
      'index.php': 'x',
      'dump.sql': 'the dump',
      '.git/config': 'git',
      'apps/init.php': 'x',
      'apps/common/config/main.php': 'x',
      'apps/common/config/main-custom.php': 'old credentials',
      'apps/console/config/main-custom.php': 'more credentials',
      'apps/common/runtime/cache/a.bin': 'x',
      'frontend/assets/cache/b.css': 'x',
      'frontend/assets/files/their picture.jpg': 'picture',
      'frontend/assets/files/no-image-160x160.gif': 'x',
      'frontend/assets/gallery/-odd name': 'y',
    });
    await prepare();
    expect(await list()).toEqual([
      'apps/common/config/main.php',
      'apps/init.php',
      'frontend/assets/files/no-image-160x160.gif',
      'index.php',
    ]);
    const kept = [
      'apps/common/config/main-custom.php',
      'apps/console/config/main-custom.php',
      'frontend/assets/files/their picture.jpg',
      'frontend/assets/gallery/-odd name',
      'dump.sql',
      '.git/config',
    ];
    expect(await Promise.all(kept.map((path) => readFile(aside(path), 'utf8')))).toEqual([
      'old credentials',
      'more credentials',
      'picture',
      'y',
      'the dump',
      'git',
    ]);
  });

  it('[R50] has all folders that PHP writes to, and no file that others may write', async () => {
    await write({ 'apps/init.php': 'x', 'run.sh': 'x' });
    await prepare();
    const { stdout } = await execa('find', ['.', '-type', 'd', '-empty', '-printf', '%P\n'], { cwd: at('.') });
    expect(stdout.split('\n').sort()).toEqual([
      'apps/common/config',
      'apps/common/runtime',
      'apps/extensions',
      'backend/assets/cache',
      'customer/assets/cache',
      'frontend/assets/cache',
      'frontend/assets/files',
      'frontend/assets/gallery',
    ]);
    expect((await execa('find', ['.', '-perm', '/022'], { cwd: at('.') })).stdout).toBe('');
  });

  it('can be prepared twice, for a run that was cut', async () => {
    await write({ 'apps/common/config/main-custom.php': 'old credentials' });
    await prepare();
    await prepare();
    expect(await readFile(aside('apps/common/config/main-custom.php'), 'utf8')).toBe('old credentials');
  });
});
