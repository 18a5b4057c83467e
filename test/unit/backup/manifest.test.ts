import { execFile } from 'node:child_process';
import fc from 'fast-check';
import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { manifestPath, parseManifest, writeManifest } from '../../../src/lib/backup/manifest.js';
import { usedFiles } from '../../../src/lib/backup/used-files.js';
import { verifyBackupSet } from '../../../src/lib/backup/verify-set.js';
import { CONFIG, makeBackupSet, setNames, snapshot, type BackupSetOnDisk } from '../../support/backup-set.js';

const NAMES = setNames();
const sets: BackupSetOnDisk[] = [];
afterEach(async () => {
  for (const set of sets.splice(0)) await set.remove();
});

async function setWithManifest(): Promise<string> {
  const set = await makeBackupSet();
  sets.push(set);
  await writeManifest(await verifyBackupSet(set.directory));
  return set.directory;
}

describe('the manifest of a set', () => {
  it('[R128] stands beside the set, leaves the set as it was, and satisfies sha256sum', async () => {
    const set = await makeBackupSet();
    sets.push(set);
    const before = await snapshot(set.directory);
    const path = await writeManifest(await verifyBackupSet(set.directory));
    expect(path).toBe(`${set.directory}.sha256`);
    expect(await snapshot(set.directory)).toEqual(before);
    const { stdout } = await promisify(execFile)('sha256sum', ['-c', `../${basename(path)}`], { cwd: set.directory });
    expect(stdout.match(/: OK$/gm)).toHaveLength(5);
  });

  it('is read again by the next verification', async () => {
    const directory = await setWithManifest();
    const report = await verifyBackupSet(directory);
    expect([report.verdict, report.comparedWith]).toEqual(['VERIFIED', [manifestPath(directory)]]);
  });

  it('tells a missing, a changed and an added file', async () => {
    const directory = await setWithManifest();
    await unlink(join(directory, NAMES.database));
    await writeFile(join(directory, NAMES.config), CONFIG.replace('10m', '20m'));
    await writeFile(join(directory, 'added.txt'), 'x');
    const report = await verifyBackupSet(directory);
    expect(report.verdict).toBe('CORRUPT');
    const found = report.files.flatMap(({ name, problems }) => problems.map(({ code }) => [name, code]));
    expect(found).toEqual([
      ['added.txt', 'NOT_IN_MANIFEST'],
      [NAMES.database, 'MISSING'],
      [NAMES.config, 'DIFFERS_FROM_MANIFEST'],
    ]);
  });

  it('tells that a used file was replaced by one of another date, which is then the used one', async () => {
    const directory = await setWithManifest();
    await rename(join(directory, NAMES.config), join(directory, 'pmta-config-20260301'));
    const report = await verifyBackupSet(directory);
    expect(report.verdict).toBe('DEGRADED');
    expect(usedFiles(report).config.path).toBe(join(directory, 'pmta-config-20260301'));
    const old = report.files.find(({ name }) => name === NAMES.config);
    expect(old).toMatchObject({ status: 'missing', used: false, reason: 'another one takes its place' });
  });

  it('is also taken from SHA256SUMS within the set', async () => {
    const directory = await setWithManifest();
    await writeFile(join(directory, 'SHA256SUMS'), await readFile(manifestPath(directory)));
    await unlink(manifestPath(directory));
    expect((await verifyBackupSet(directory)).verdict).toBe('VERIFIED');
    await writeFile(join(directory, NAMES.config), CONFIG.replace('10m', '20m'));
    expect((await verifyBackupSet(directory)).verdict).toBe('CORRUPT');
  });

  it('is not written over another one that says otherwise, nor for a set of which nothing was read', async () => {
    const directory = await setWithManifest();
    const written = await readFile(manifestPath(directory), 'utf8');
    await writeFile(join(directory, NAMES.archive), 'damaged');
    const damaged = await verifyBackupSet(directory);
    expect(damaged.verdict).toBe('DEGRADED');
    await expect(writeManifest(damaged)).rejects.toMatchObject({ code: 'BACKUP_MANIFEST_REFUSED', exit: 3 });
    await expect(writeManifest(await verifyBackupSet(directory, { level: 'quick' }))).rejects.toMatchObject({
      code: 'BACKUP_MANIFEST_REFUSED',
    });
    expect(await readFile(manifestPath(directory), 'utf8')).toBe(written);
  });

  it('may mark binary mode, name files with ./ and escape names; anything else is an error with its line', () => {
    const sum = 'A'.repeat(64);
    const { sums, problems } = parseManifest(
      'm',
      `# made by hand\n${sum} *./a\r\n\\${sum}  new\\nline\\\\\nnonsense\n`,
    );
    expect([...sums]).toEqual([
      ['a', 'a'.repeat(64)],
      ['new\nline\\', 'a'.repeat(64)],
    ]);
    expect(problems.map(({ message }) => message)).toEqual(['m, line 4: not "SHA-256  name"']);
  });

  it('is an error in itself when it names no file', async () => {
    const directory = await setWithManifest();
    await writeFile(manifestPath(directory), '');
    const report = await verifyBackupSet(directory);
    expect(report.verdict).toBe('CORRUPT');
    expect(report.problems.map(({ code }) => code)).toEqual(['MANIFEST_SYNTAX']);
  });

  it('[R127] keeps any flipped bit anywhere in the set from being VERIFIED', async () => {
    const directory = await setWithManifest();
    const names = Object.values(NAMES);
    const original = new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))] as const)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(7),
        async (name, place, bit) => {
          const content = original.get(name) ?? Buffer.alloc(0);
          const damaged = Buffer.from(content);
          const at = Math.floor(place * damaged.length);
          damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
          await writeFile(join(directory, name), damaged);
          const report = await verifyBackupSet(directory);
          await writeFile(join(directory, name), content);
          const used = name !== NAMES.database && name !== NAMES.archive;
          expect(report.verdict).toBe(used ? 'CORRUPT' : 'DEGRADED');
        },
      ),
      { numRuns: 60 },
    );
    expect((await verifyBackupSet(directory)).verdict).toBe('VERIFIED');
  });
});
