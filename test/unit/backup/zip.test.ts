import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { inspect } from '../../../src/lib/backup/inspect.js';
import { TarScanner } from '../../../src/lib/backup/tar-scanner.js';
import { isZip, repackZip, ZipUnreadable } from '../../../src/lib/backup/zip.js';
import { applicationMembers } from '../../support/backup-set.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ee-test-zip-'))));
afterEach(() => rmSync(folder, { recursive: true }));

interface Member {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly compress?: boolean;
}

const mtime = new Date('2026-01-02T03:04:06Z');

async function zipOf(members: readonly Member[], spoil: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<string> {
  const zip = new ZipFile();
  for (const { name, content = '', ...options } of members) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name, { mtime });
    else zip.addBuffer(Buffer.from(content), name, { mtime, ...options });
  }
  zip.end();
  const path = join(folder, `${members.length}.zip`);
  writeFileSync(path, spoil(await buffer(zip.outputStream)));
  return path;
}

async function repacked(zip: string): Promise<Buffer> {
  const to = join(folder, 'packed.tar.gz');
  rmSync(to, { force: true });
  await repackZip(zip, to);
  return readFileSync(to);
}

/** Writes bytes over those at an offset in the first record of the central directory (APPNOTE 4.3.12). */
const inDirectory =
  (offset: number, ...bytes: number[]) =>
  (zip: Buffer): Buffer => {
    zip.set(bytes, zip.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + offset);
    return zip;
  };

describe('a .zip', () => {
  it('is told by how it begins, not by its name', async () => {
    const path = join(folder, 'release.zip');
    for (const content of ['', 'PK', '\x1f\x8b\x08 not a zip']) {
      writeFileSync(path, content);
      expect(await isZip(path)).toBe(false);
    }
    expect(await isZip(await zipOf([{ name: 'a' }]))).toBe(true);
  });

  it('becomes a tar with the same files, folders and links, and the same bytes each time', async () => {
    const long = 'long line\n'.repeat(200_000);
    const zip = await zipOf([
      { name: 'latest/' },
      { name: 'latest/apps/init.php', content: long },
      { name: 'latest/stored.bin', content: 'stored', compress: false, mode: 0o100755 },
      { name: 'latest/link', content: 'stored.bin', mode: 0o120777 },
      { name: 'latest/empty' },
    ]);
    const packed = await repacked(zip);
    const members: unknown[] = [];
    const scanner = new TarScanner({
      member: ({ name, kind, mode, size, linkTarget }) => {
        members.push([name, kind, mode & 0o777, size, linkTarget]);
        return kind === 'file' ? size : 0;
      },
      content: ({ name }, content) => {
        if (name === 'latest/apps/init.php') expect(content.toString()).toBe(long);
      },
    });
    scanner.write(gunzipSync(packed));
    expect(scanner.end()).toBeUndefined();
    expect(members).toEqual([
      ['latest/', 'directory', 0o775, 0, ''],
      ['latest/apps/init.php', 'file', 0o664, long.length, ''],
      ['latest/stored.bin', 'file', 0o755, 6, ''],
      ['latest/link', 'symlink', 0o777, 0, 'stored.bin'],
      ['latest/empty', 'file', 0o664, 0, ''],
    ]);
    const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(sum(await repacked(zip))).toBe(sum(packed));
    expect(statSync(join(folder, 'packed.tar.gz')).mode & 0o777).toBe(0o600);
  });

  it('is judged as the application afterwards, with what is unsafe in it', async () => {
    const members = applicationMembers().map(({ name, content = '' }) => ({ name, content }));
    const judged = async (more: readonly Member[]) => {
      await repacked(await zipOf([...members, ...more]));
      return inspect(join(folder, 'packed.tar.gz'), 'application', { now: mtime });
    };
    expect(await judged([])).toMatchObject({ problems: [], facts: { kind: 'application' } });
    const unsafe = [
      { name: 'var/www/mailwizz/out', content: '/etc/passwd', mode: 0o120777 },
      { name: 'var/www/mailwizz/setuid', content: 'x', mode: 0o104755 },
      { name: 'var/www/mailwizz/pipe', mode: 0o010644 },
    ];
    expect((await judged(unsafe)).problems.map(({ code }) => code).sort()).toEqual([
      ...['LINK_ESCAPES', 'MEMBER_DEVICE', 'MEMBER_SETUID'],
    ]);
  });

  it.each([
    ['a checksum that is not that of its bytes', inDirectory(16, 1, 2, 3, 4), '"aaaa": its checksum is not the one'],
    ['a size that is not that of its bytes', inDirectory(24, 1, 0, 0, 0), '"aaaa": too many bytes'],
    ['an encrypted member', inDirectory(8, 1, 0), '"aaaa": it is encrypted'],
    ['a compression that nobody here knows', inDirectory(10, 99, 0), '"aaaa": unsupported compression method: 99'],
    ['a name that climbs out', inDirectory(46, ...Buffer.from('../b')), 'invalid relative path'],
    ['an absolute name', inDirectory(46, ...Buffer.from('/a/b')), 'absolute path'],
    ['a backslash in a name', inDirectory(46, ...Buffer.from('a\\.b')), 'invalid characters in fileName'],
    ['its end cut off', (zip: Buffer) => zip.subarray(0, -30), 'End of central directory record'],
    ['a size that would fill any disk', inDirectory(24, 255, 255, 255, 254), '"aaaa": not enough bytes'],
  ])('with %s is refused', async (_fault, spoil, reason) => {
    const zip = await zipOf([{ name: 'aaaa', content: 'some content' }], spoil);
    const failure = await repacked(zip).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ZipUnreadable);
    expect(String(failure)).toContain(reason);
  });

  it('that is not wanted any more ends at once', async () => {
    const zip = await zipOf([{ name: 'a', content: 'x'.repeat(1_000_000) }]);
    const abort = new AbortController();
    abort.abort(new Error('interrupted'));
    await expect(repackZip(zip, join(folder, 'packed.tar.gz'), abort.signal)).rejects.toThrow('interrupted');
  });
});
