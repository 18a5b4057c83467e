import { afterEach, describe, expect, it } from 'vitest';
import { presentReport, readable } from '../../../src/lib/backup/present.js';
import { verifyBackupSet } from '../../../src/lib/backup/verify-set.js';
import { makeBackupSet, setNames, type BackupSetOnDisk } from '../../support/backup-set.js';

const NAMES = setNames();
const sets: BackupSetOnDisk[] = [];
afterEach(async () => {
  for (const set of sets.splice(0)) await set.remove();
});

describe('the report for people', () => {
  it('shows of each file its role, whether it is used, and why', async () => {
    const set = await makeBackupSet();
    sets.push(set);
    const lines = presentReport(
      await verifyBackupSet(set.directory, {
        examineConfig: () => Promise.resolve({ problems: [], notes: [], included: [] }),
      }),
    );
    expect(lines[0]).toBe(`Backup set ${set.directory}, of 20260216`);
    const row = (name: string) => lines.find((line) => line.startsWith(name))?.split(/ {2,}/);
    expect(row(NAMES.licence)).toEqual([NAMES.licence, 'licence', 'used', '329 B', 'ok', 'installed on VPS2 as it is']);
    expect(row(NAMES.database)?.slice(1, 3)).toEqual(['database', 'not used']);
    expect(lines).not.toContain('Problems:');
    expect(lines.at(-1)).toMatch(
      /^VERIFIED: every file was read to its end and is sound \(5 of 5 files checked, 3 used, /,
    );
  });

  it('tells each problem with its file and its code before the verdict', async () => {
    const set = await makeBackupSet((files) => void files.delete(NAMES.licence));
    sets.push(set);
    const lines = presentReport(await verifyBackupSet(set.directory));
    expect(lines).toContain(
      '  error: pmta-license-DATE: the set has no licence: a file named pmta-license-DATE [MISSING]',
    );
    expect(lines.at(-1)).toMatch(/^CORRUPT: it cannot be deployed from/);
  });

  it.each([
    [0, '0 B'],
    [391, '391 B'],
    [8906, '8.9 KB'],
    [111_000_000, '111 MB'],
    [5_400_000_000, '5.4 GB'],
  ])('writes %i bytes as %s', (bytes, text) => {
    expect(readable(bytes)).toBe(text);
  });
});
