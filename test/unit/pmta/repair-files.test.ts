import { chmod, link, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { repairFiles, type Repair } from '../../../src/lib/pmta/repair-files.js';
import { replaceConfiguration } from '../../../src/lib/pmta/write-fixed.js';

const catalogue = loadCatalogue();
const NOW = new Date('2026-02-16T03:15:00.123Z');
/** A repairable line, a password beside it, and bytes that are no UTF-8. */
const BEFORE =
  '# caf\xe9\r\nlog-file /l\r\n<domain *>\r\nmax-msg-per-hour 250\r\nauth-password hunter2\r\n</domain>\r\nhost-name x';
const AFTER = BEFORE.replace('max-msg-per-hour 250', 'max-msg-rate 250/h');
let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ee-fix-'));
  file = join(dir, 'pmta.conf');
  await writeFile(file, BEFORE, 'latin1');
  await chmod(file, 0o640);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function repaired(dryRun = false, name = file, text = BEFORE): Promise<Repair> {
  const named = [{ file: name, bytes: Buffer.from(text, 'latin1') }];
  const [repair] = await repairFiles(named, catalogue, { dryRun, now: NOW });
  if (!repair) throw new Error('nothing came back');
  return repair;
}

describe('a file that is repaired', () => {
  it('is replaced with its mode, no other byte is changed, and a copy stays beside it', async () => {
    const { copy, repaired: problems } = await repaired();
    expect(copy).toBe(`${file}.bak-20260216T031500Z`);
    expect(problems.map(({ code, line }) => `${line} ${code}`)).toEqual(['4 deprecated-name']);
    expect(await readFile(file, 'latin1')).toBe(AFTER);
    expect(await readFile(copy ?? '', 'latin1')).toBe(BEFORE);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect((await stat(copy ?? '')).mode & 0o777).toBe(0o640);
    expect((await readdir(dir)).sort()).toEqual(['pmta.conf', 'pmta.conf.bak-20260216T031500Z']);
  });

  it('is only compared in a dry run, with its passwords hidden', async () => {
    const { copy, diff } = await repaired(true);
    expect(copy).toBeUndefined();
    expect(diff).toContain('-max-msg-per-hour 250');
    expect(diff).toContain('+max-msg-rate 250/h');
    expect(diff).not.toContain('hunter2');
    expect(await readdir(dir)).toEqual(['pmta.conf']);
    expect(await readFile(file, 'latin1')).toBe(BEFORE);
  });

  it('is not touched where nothing is to be repaired', async () => {
    await writeFile(file, AFTER, 'latin1');
    expect(await repaired(false, file, AFTER)).toMatchObject({ repaired: [], diff: '' });
    expect(await readdir(dir)).toEqual(['pmta.conf']);
  });

  it('keeps each line that a comment speaks of', async () => {
    const kept = '<domain *>\nmax-msg-per-hour 250 # ee-ignore deprecated-name -- 3.5 reads it too\n</domain>\n';
    expect(await repaired(true, file, kept)).toMatchObject({ repaired: [], diff: '' });
    // A comment on another rule too: somebody has thought about the line.
    expect(await repaired(true, file, kept.replace('deprecated-name', 'value-form'))).toMatchObject({ diff: '' });
  });

  it('stays the file that a symbolic link leads to', async () => {
    const name = join(dir, 'link.conf');
    await symlink('pmta.conf', name);
    await repaired(false, name);
    expect(await readlink(name)).toBe('pmta.conf');
    expect(await readFile(file, 'latin1')).toBe(AFTER);
  });

  it.each([
    ['is read-only', () => chmod(file, 0o444), 'it is read-only'],
    ['has another name', () => link(file, join(dir, 'other')), 'it has another name (a hard link)'],
    ['changed meanwhile', () => writeFile(file, 'host-name y\n'), 'it was changed by somebody else in the meantime'],
    ['was repaired in the same second', () => writeFile(`${file}.bak-20260216T031500Z`, 'older'), 'EEXIST'],
  ])('is left alone where it %s, and nothing stays behind', async (_, happens, reason) => {
    await happens();
    const [before, names] = [await readFile(file, 'latin1'), await readdir(dir)];
    await expect(repaired()).rejects.toMatchObject({
      code: 'USAGE',
      exit: 2,
      message: expect.stringContaining(`${file} was not repaired: ${reason}`) as string,
    });
    expect(await readFile(file, 'latin1')).toBe(before);
    expect(await readdir(dir)).toEqual(names);
  });

  it('is a file: nothing else is replaced', async () => {
    await expect(replaceConfiguration(dir, Buffer.from(''), Buffer.from('x'), NOW)).rejects.toThrow('it is not a file');
  });
});
