import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

async function controlTar(text = CONTROL, name = './control'): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: './md5sums' }, 'x');
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

const deb = (member: string, control: Buffer): Buffer =>
  ar([
    ['debian-binary', '2.0\n'],
    [member, control],
    ['data.tar', 'the rest'],
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

function rpm({ source = false, arch = 'x86_64' } = {}): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb, 0);
  lead.writeUInt16BE(source ? 1 : 0, 6);
  const signature = rpmHeader([[1000, 'odd']]);
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8);
  const header = rpmHeader([
    [1000, 'PowerMTA'],
    [1001, '5.0r8'],
    [1002, '1'],
    [1022, arch],
  ]);
  return Buffer.concat([lead, signature, padding, header, Buffer.from('the payload')]);
}

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
});
