import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import tar from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotAPackage } from '../../../src/lib/package-file/package-file.js';
import { readPackageFile } from '../../../src/lib/package-file/read.js';
import { ZST_CONTROL, XZ_CONTROL } from './control-archives.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-package-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const CONTROL = 'Package: powermta\nVersion: 5.0r8\nArchitecture: amd64\nDescription: mail\n Package: not this one\n';

async function controlTar(text = CONTROL, name = './control', md5sums = 'x'): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: './md5sums' }, md5sums);
  pack.entry({ name }, text);
  pack.finalize();
  return buffer(pack);
}

function ar(members: readonly (readonly [string, Buffer | string])[]): Buffer {
  const parts = members.flatMap(([name, content]) => {
    const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`;
    return [Buffer.from(header), Buffer.from(content), Buffer.from(content.length % 2 ? '\n' : '')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** The files of a package, as a tar. */
async function dataTar(content: string | Buffer = 'a program'): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: './usr/', type: 'directory' });
  pack.entry({ name: './usr/sbin/pmtad', mode: 0o755 }, content);
  pack.finalize();
  return buffer(pack);
}

const deb = (member: string, control: Buffer, data: Buffer = DATA, dataName = 'data.tar'): Buffer =>
  ar([
    ['debian-binary', '2.0\n'],
    [member, control],
    [dataName, data],
  ]);

/** A header of an RPM with strings, as rpm lays it out. */
function rpmHeader(strings: readonly (readonly [number, string])[]): Buffer {
  const data = Buffer.concat(strings.map(([, text]) => Buffer.from(`${text}\0`)));
  let offset = 0;
  const index = strings.map(([tag, text]) => {
    const entry = Buffer.alloc(16);
    [tag, 6, offset, 1].forEach((word, at) => entry.writeUInt32BE(word, at * 4));
    offset += text.length + 1;
    return entry;
  });
  const intro = Buffer.alloc(16);
  [0x8eade801, 0, strings.length, data.length].forEach((word, at) => intro.writeUInt32BE(word, at * 4));
  return Buffer.concat([intro, ...index, data]);
}

/** A signature header with the size and the MD5 of header and payload, as far as they are given. */
function rpmSignature({ size, md5 }: { readonly size?: number; readonly md5?: string }): Buffer {
  const entries: (readonly [tag: number, type: number, data: Buffer])[] = [];
  if (size !== undefined) entries.push([1000, 4, Buffer.from([size >>> 24, size >>> 16, size >>> 8, size])]);
  if (md5 !== undefined) entries.push([1004, 7, Buffer.from(md5, 'hex')]);
  const data = Buffer.concat(entries.map(([, , bytes]) => bytes));
  const words = entries.flatMap(([tag, type, bytes], at) => {
    const offset = entries.slice(0, at).reduce((sum, [, , before]) => sum + before.length, 0);
    return [tag, type, offset, type === 7 ? bytes.length : 1];
  });
  const head = Buffer.alloc(16 + words.length * 4);
  [0x8eade801, 0, entries.length, data.length, ...words].forEach((word, at) => head.writeUInt32BE(word, at * 4));
  return Buffer.concat([head, data]);
}

function rpm({ source = false, arch = 'x86_64', says = {} as { size?: number; md5?: string } } = {}): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb, 0);
  lead.writeUInt16BE(source ? 1 : 0, 6);
  const signature = rpmSignature(says);
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8);
  const header = rpmHeader([
    [1000, 'PowerMTA'],
    [1001, '5.0r8'],
    [1002, '1'],
    [1022, arch],
  ]);
  return Buffer.concat([lead, signature, padding, header, Buffer.from('the payload')]);
}

const DATA = await dataTar();
const RPM_SIZE = rpm().length - 96 - 16;

describe('a package file', () => {
  it('[R14] is known as a .deb, whatever its control archive is compressed with', async () => {
    const plain = await controlTar();
    for (const [member, control] of [
      ['control.tar', plain],
      ['control.tar.gz', gzipSync(plain)],
      ['control.tar.xz', XZ_CONTROL],
      ['control.tar.zst', ZST_CONTROL],
    ] as const) {
      const content = deb(member, control);
      expect(await readPackageFile(await file('any.deb', content)), member).toEqual({
        format: 'deb',
        name: 'powermta',
        version: '5.0r8',
        architecture: 'amd64',
        path: join(folder, 'any.deb'),
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
    }
  });

  it('[R14] is known as an .rpm by its content, whatever it is called', async () => {
    expect(await readPackageFile(await file('misnamed.deb', rpm()))).toMatchObject({
      format: 'rpm',
      name: 'PowerMTA',
      version: '5.0r8-1',
      architecture: 'x86_64',
    });
  });

  it.each([
    ['a web page', '\n<!DOCTYPE html><html><title>Log in</title>', 'it is a web page'],
    ['nothing', '', 'it is empty'],
    ['another file', 'PK\x03\x04 a zip', 'it is neither a .deb nor an .rpm'],
    ['a source package', rpm({ source: true }), 'it is a source package'],
    ['an RPM that breaks off', rpm().subarray(0, 150), 'it breaks off'],
    ['a library', ar([['libx.o', 'x'], ['liby.o', 'y']]), 'not a Debian package'], // prettier-ignore
    ['a .deb that breaks off', deb('control.tar', Buffer.alloc(2000)).subarray(0, 900), 'it breaks off'],
    ['an RPM whose payload breaks off', rpm({ says: { size: RPM_SIZE } }).subarray(0, -3), 'it breaks off'],
    [
      'an RPM with a damaged payload',
      rpm({ says: { size: RPM_SIZE, md5: 'f'.repeat(32) } }),
      'its checksum is not the one',
    ],
    ['a damaged .deb', deb('control.tar.gz', Buffer.from('no gzip')), 'its control.tar.gz is damaged'],
    ['a .deb of tomorrow', deb('control.tar.br', Buffer.from('?')), 'compressed in a way that is not known'],
  ])('[R14] is not %s', async (_what, content, reason) => {
    await expect(readPackageFile(await file('wrong.deb', content))).rejects.toThrow(reason);
  });

  it('[R14] is not a folder', async () => {
    await expect(readPackageFile(folder)).rejects.toThrow('it is a folder');
  });

  it('[R14] is not a .deb that does not say what it is', async () => {
    const path = await file('mute.deb', deb('control.tar', await controlTar('Package: powermta\n')));
    await expect(readPackageFile(path)).rejects.toThrow('lacks name, version or architecture');
    const empty = await file('empty.deb', deb('control.tar', await controlTar(CONTROL, './other')));
    await expect(readPackageFile(empty)).rejects.toThrow('it has no control file');
  });

  it('[R14] is a whole one: a .deb that breaks off at any byte is refused', async () => {
    const whole = deb(
      'control.tar.gz',
      gzipSync(await controlTar()),
      gzipSync(await dataTar('x'.repeat(5000))),
      'data.tar.gz',
    );
    expect(await readPackageFile(await file('whole.deb', whole))).toMatchObject({ name: 'powermta' });
    // The byte that makes the length even may be missing.
    for (let length = 1; length < whole.length - 1; length += 7) {
      const path = await file('cut.deb', whole.subarray(0, length));
      await expect(readPackageFile(path), `${length} of ${whole.length} bytes`).rejects.toThrow(NotAPackage);
    }
  });

  it('[R14] says what is wrong with its files', async () => {
    const control = await controlTar();
    const cut = gzipSync(await dataTar('x'.repeat(9000))).subarray(0, -20);
    for (const [data, name, reason] of [
      [cut, 'data.tar.gz', 'its data.tar.gz is damaged'],
      [DATA.subarray(0, 700), 'data.tar', 'its data.tar is damaged: truncated: the tar data ends inside'],
      [Buffer.from('none'), 'other', 'it breaks off: it has no files (data.tar)'],
    ] as const) {
      await expect(readPackageFile(await file('bad.deb', deb('control.tar', control, data, name)))).rejects.toThrow(
        reason,
      );
    }
  });

  it('[R14] has the files that its own list of checksums names', async () => {
    const sum = createHash('md5').update('a program').digest('hex');
    const listed = (md5: string) => controlTar(CONTROL, './control', `${md5}  usr/sbin/pmtad\n`);
    await expect(readPackageFile(await file('a.deb', deb('control.tar', await listed(sum))))).resolves.toBeDefined();
    await expect(
      readPackageFile(await file('b.deb', deb('control.tar', await listed('0'.repeat(32))))),
    ).rejects.toThrow('it is damaged: "usr/sbin/pmtad" in it is not the file that its own list names');
  });

  it('[R14] is read where its files are compressed in a way that dpkg alone knows', async () => {
    const path = await file('bz2.deb', deb('control.tar', await controlTar(), Buffer.from('BZh9…'), 'data.tar.bz2'));
    expect(await readPackageFile(path)).toMatchObject({ name: 'powermta' });
  });

  it('does not say what no package is called', async () => {
    const control = await controlTar('Package: a\u001b[2J\nVersion: 5.0\nArchitecture: amd64\n');
    await expect(readPackageFile(await file('esc.deb', deb('control.tar', control)))).rejects.toThrow(
      'its name, version or architecture is not one that a package has',
    );
  });

  it('is not waited for where it is a named pipe, a device or a socket', async () => {
    const pipe = join(folder, 'pipe.deb');
    await execa('mkfifo', [pipe]);
    await expect(readPackageFile(pipe)).rejects.toThrow('it is a named pipe');
    await expect(readPackageFile('/dev/zero')).rejects.toThrow('it is a device');
  });
});
