import { cp, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { captureOutput } from '@oclif/test';
import { afterEach, describe, expect, it } from 'vitest';
import Verify from '../../../src/commands/verify.js';
import { packageRoot } from '../../../src/lib/package-root.js';
import { makeBackupSet, setNames, snapshot, type BackupSetOnDisk } from '../../support/backup-set.js';
import { validText } from '../settings/a-valid-file.js';

const NAMES = setNames();
const sets: BackupSetOnDisk[] = [];
afterEach(async () => {
  for (const set of sets.splice(0)) await set.remove();
});

async function makeSet(change?: (files: Map<string, Buffer>) => void): Promise<string> {
  const set = await makeBackupSet(change);
  sets.push(set);
  return set.directory;
}

async function verify(...argv: readonly string[]): Promise<{ stdout: string; stderr: string; exit: number }> {
  const { stdout, stderr, error } = await captureOutput(() => Verify.run([...argv], { root: packageRoot() }));
  return { stdout, stderr, exit: error?.oclif?.exit ?? (error === undefined ? 0 : -1) };
}

describe('ee verify DIR', () => {
  it('needs no settings, ends with the verdict and exit status 0', async () => {
    const { stdout, stderr, exit } = await verify(await makeSet());
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^VERIFIED: /);
    expect(stderr).toMatch(/ read in \d+\.\d s \(.*\/s\)\n$/);
    expect(exit).toBe(0);
  });

  it('prints one JSON document under --json', async () => {
    const { stdout, stderr, exit } = await verify(await makeSet(), '--json');
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect([stderr, exit]).toEqual(['', 0]);
    expect(report['verdict']).toBe('VERIFIED');
    expect(report['totals']).toMatchObject({ expected: 5, checked: 5 });
    expect(report['files']).toContainEqual(
      expect.objectContaining({ name: NAMES.config, role: 'config', used: true, status: 'ok', problems: [] }),
    );
  });

  it('ends with exit status 3 for a damaged set and for one that is not there, with the report in JSON', async () => {
    const directory = await makeSet((files) => void files.set(NAMES.application, Buffer.from('damaged')));
    const damaged = await verify(directory, '--json');
    expect([damaged.exit, (JSON.parse(damaged.stdout) as { verdict: string }).verdict]).toEqual([3, 'CORRUPT']);
    const missing = await verify(join(directory, 'nowhere'), '--json');
    expect([missing.exit, (JSON.parse(missing.stdout) as { verdict: string }).verdict]).toEqual([3, 'NOT-CHECKED']);
  });

  it('says what to do where there is no set', async () => {
    const nowhere = join(await makeSet(), 'nowhere');
    const { stdout, stderr } = await verify(nowhere);
    expect(stdout).toMatch(new RegExp(`^${nowhere} does not exist\\.\nNOT-CHECKED: [^\n]*\n$`));
    expect(stderr).toBe(
      'Next: bring the backup set there, or name its folder: `ee verify DIR`, or BACKUP_DIR in the settings.\n',
    );
  });

  it('parses the PowerMTA configuration', async () => {
    const broken = (text: string) => makeSet((files) => void files.set(NAMES.config, Buffer.from(text)));
    const unclosed = await verify(await broken('<domain *>\n  retry-after 10m\n'));
    expect([unclosed.exit, unclosed.stdout]).toEqual([3, expect.stringMatching(/CONFIG_SYNTAX/)]);
    const page = await verify(await broken('404 not found\n'));
    expect([page.exit, page.stdout]).toEqual([3, expect.stringMatching(/it is not a PowerMTA configuration/)]);
  });

  it('[R128] writes the manifest beside the set, and only for a sound one', async () => {
    const directory = await makeSet();
    const before = await snapshot(directory);
    expect((await verify(directory, '--write-manifest')).stderr).toContain(`Wrote ${directory}.sha256`);
    expect(await snapshot(directory)).toEqual(before);
    await unlink(`${directory}.sha256`);
    await writeFile(join(directory, NAMES.licence), '');
    expect((await verify(directory, '--write-manifest')).exit).toBe(3);
    await expect(readFile(`${directory}.sha256`)).rejects.toThrow('ENOENT');
  });

  it('compares with the original that --against names', async () => {
    const directory = await makeSet();
    const original = join(directory, '../backup-cold');
    await cp(directory, original, { recursive: true });
    expect((await verify(directory, '--against', original)).exit).toBe(0);
    await writeFile(join(original, NAMES.licence), 'another');
    expect((await verify(directory, '--against', original)).exit).toBe(3);
    const { stderr, exit } = await verify(directory, '--against', join(directory, '../nowhere'));
    expect([exit, stderr]).toEqual([3, expect.stringContaining('cannot be compared with')]);
  });
});

describe('ee verify', () => {
  it('takes the set of the settings', async () => {
    const directory = await makeSet();
    const folder = join(directory, '..');
    await mkdir(join(folder, 'elsewhere'));
    const env = join(folder, 'elsewhere/.env.production');
    await writeFile(env, validText(), { mode: 0o600 });
    await rename(directory, join(folder, 'elsewhere/mailwizz-email-engine'));
    const { stdout, exit } = await verify('--env-file', env);
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/elsewhere\/mailwizz-email-engine, of 20260216\n/)]);
  });
});
