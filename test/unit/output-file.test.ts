import { lstat, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeOutput } from '../../src/lib/output-file.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ee-output-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const refusal = (reason: string): unknown =>
  expect.objectContaining({ code: 'USAGE', exit: 2, message: expect.stringContaining(reason) as string });

describe('a file that is named with --out', () => {
  it('has the bytes and the mode that were wanted, also where another file was', async () => {
    const file = join(dir, 'out.conf');
    await writeFile(file, 'old', { mode: 0o644 });
    await writeOutput(file, Buffer.from('a \xff\n', 'latin1'), 0o600);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'latin1')).toBe('a \xff\n');
    expect(await readdir(dir)).toEqual(['out.conf']);
  });

  it('is replaced as a name: who has the old file open, or under another name, keeps it', async () => {
    const file = join(dir, 'records.zone');
    await writeFile(file, 'old');
    const { ino } = await stat(file);
    await writeOutput(file, 'new', 0o644);
    expect((await stat(file)).ino).not.toBe(ino);
    expect((await stat(file)).mode & 0o777).toBe(0o644 & ~process.umask());
  });

  it('is no link: what it leads to stays, and so does the link', async () => {
    const other = join(dir, 'db.example.com');
    await writeFile(other, 'the zone of somebody');
    await symlink(other, join(dir, 'records.zone'));
    await expect(writeOutput(join(dir, 'records.zone'), 'new', 0o644)).rejects.toEqual(refusal('it is a link'));
    expect(await readFile(other, 'utf8')).toBe('the zone of somebody');
    expect((await lstat(join(dir, 'records.zone'))).isSymbolicLink()).toBe(true);
  });

  it('that cannot be written is an error of usage, and leaves nothing behind', async () => {
    await expect(writeOutput(join(dir, 'no', 'out.conf'), '', 0o600)).rejects.toEqual(refusal('ENOENT'));
    await writeFile(join(dir, 'file'), '');
    await expect(writeOutput(join(dir, 'file', 'out.conf'), '', 0o600)).rejects.toEqual(refusal('ENOTDIR'));
    await expect(writeOutput(dir, '', 0o600)).rejects.toEqual(refusal('it is a folder'));
    await expect(writeOutput('/dev/null', '', 0o600)).rejects.toEqual(refusal('it is no ordinary file'));
    expect(await readdir(dir)).toEqual(['file']);
  });
});
