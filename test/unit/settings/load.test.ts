import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSecret } from '../../../src/lib/settings/generate.js';
import { findSettingsFile, loadSettings } from '../../../src/lib/settings/load.js';
import { assertCreatable, createSettingsFile, replaceSettingsFile } from '../../../src/lib/settings/write.js';
import { validText } from './a-valid-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-settings-'));
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

describe('finding the settings file', () => {
  it('takes the nearest .env.production, here or in a parent', async () => {
    const below = join(folder, 'a', 'b');
    await mkdir(below, { recursive: true });
    await writeFile(join(folder, '.env.production'), '');
    expect(findSettingsFile(undefined, below)).toBe(join(folder, '.env.production'));
    await writeFile(join(folder, 'a', '.env.production'), '');
    expect(findSettingsFile(undefined, below)).toBe(join(folder, 'a', '.env.production'));
  });

  it('takes a named one relative to the current folder, and none in its place', async () => {
    await writeFile(join(folder, 'lab.env'), '');
    expect(findSettingsFile('lab.env', folder)).toBe(join(folder, 'lab.env'));
    expect(() => findSettingsFile('other.env', folder)).toThrow(
      `No settings file: ${join(folder, 'other.env')} does not exist.`,
    );
    expect(() => findSettingsFile(undefined, folder)).toThrow('.env.production in');
  });
});

describe('loading', () => {
  it('reads a private file', async () => {
    const file = join(folder, '.env.production');
    await writeFile(file, validText(), { mode: 0o600 });
    expect((await loadSettings(file)).hosts.vps1.address).toBe('192.0.2.10');
  });

  it('refuses a folder as what it is', async () => {
    await expect(loadSettings(folder)).rejects.toMatchObject({
      code: 'SETTINGS_NOT_A_FILE',
      exit: 2,
      message: `${folder} is a folder, not a settings file.`,
      hint: `Name the file in it: --env-file ${folder}/.env.production`,
    });
  });

  it.each([0o640, 0o604, 0o620, 0o666])('refuses a file of mode %o', async (mode) => {
    const file = join(folder, '.env.production');
    await writeFile(file, validText());
    await chmod(file, mode);
    await expect(loadSettings(file)).rejects.toMatchObject({
      code: 'SETTINGS_READABLE_BY_OTHERS',
      exit: 2,
      hint: `chmod 600 ${file}`,
    });
  });

  it('judges a link by the file that it points to', async () => {
    const target = join(folder, 'real.env');
    const link = join(folder, '.env.production');
    await writeFile(target, validText());
    await symlink(target, link);
    await chmod(target, 0o644);
    await expect(loadSettings(link)).rejects.toMatchObject({ code: 'SETTINGS_READABLE_BY_OTHERS' });
    await chmod(target, 0o600);
    expect((await loadSettings(link)).sending.baseDomain).toBe('example.com');
  });
});

describe('writing', () => {
  it('[R11] makes the file with mode 600 and leaves nothing beside it', async () => {
    const file = join(folder, '.env.production');
    await createSettingsFile(file, 'A=1\n');
    expect(await modeOf(file)).toBe(0o600);
    await replaceSettingsFile(file, 'A=2\n');
    expect(await modeOf(file)).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe('A=2\n');
    expect(await readdir(folder)).toEqual(['.env.production']);
  });

  it.each([
    ['missing/folder/x', 'missing/folder', 'does not exist'],
    ['plain/x', 'plain', 'is not a folder'],
  ])('is not made at %s, and names the folder to make', async (path, parent, what) => {
    await writeFile(join(folder, 'plain'), '');
    const failure = {
      code: 'SETTINGS_NOT_WRITTEN',
      message: `${join(folder, path)} could not be written: ${join(folder, parent)} ${what}.`,
      hint: `Make the folder first (\`mkdir -p ${join(folder, parent)}\`), or name another file with --env-file.`,
    };
    await expect(assertCreatable(join(folder, path))).rejects.toMatchObject(failure);
    await expect(createSettingsFile(join(folder, path), 'A=1\n')).rejects.toMatchObject(failure);
  });

  it('is not made behind a link that leads nowhere, and says so', async () => {
    await symlink('elsewhere/.env', join(folder, 'link.env'));
    await expect(assertCreatable(join(folder, 'link.env'))).rejects.toMatchObject({
      code: 'USAGE',
      exit: 2,
      message: `${join(folder, 'link.env')} is a link to elsewhere/.env, which does not exist.`,
    });
  });

  it('tells a file that cannot be made in the words of settings, not of secrets', async () => {
    await expect(createSettingsFile('/proc/x.env', 'A=1\n')).rejects.toMatchObject({
      code: 'SETTINGS_NOT_WRITTEN',
      hint: 'Look at the free space and at who owns the folder, then run `ee init` again.',
    });
  });

  it('does not replace a file that has appeared in the meantime', async () => {
    const file = join(folder, '.env.production');
    await writeFile(file, 'theirs');
    await expect(createSettingsFile(file, 'ours')).rejects.toMatchObject({ code: 'USAGE' });
    expect(await readFile(file, 'utf8')).toBe('theirs');
  });

  it('keeps a link and replaces what it points to', async () => {
    await writeFile(join(folder, 'real.env'), 'A=1\n', { mode: 0o600 });
    await symlink('real.env', join(folder, '.env.production'));
    await replaceSettingsFile(join(folder, '.env.production'), 'A=2\n');
    expect(await readFile(join(folder, 'real.env'), 'utf8')).toBe('A=2\n');
    expect((await readdir(folder)).sort()).toEqual(['.env.production', 'real.env']);
  });

  it('[R11] makes secrets of 32 letters and digits, each another', () => {
    const secrets = Array.from({ length: 200 }, generateSecret);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(new Set(secrets).size).toBe(200);
  });
});
