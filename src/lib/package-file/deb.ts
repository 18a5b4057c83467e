import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import tar from 'tar-stream';
import xz from 'xz-decompress';
import { NotAPackage, type PackageIdentity } from './package-file.js';

/** Reads LENGTH bytes at OFFSET; fewer at the end of the file. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/** ar(5): a magic line, then members with a header of 60 bytes each, at even offsets. */
const AR_MAGIC = '!<arch>\n';
const AR_HEADER = 60;
/** A control archive holds the description and the scripts. More is no package that anybody made. */
const MOST_CONTROL = 16 * 1024 * 1024;

export const looksLikeDeb = (head: Buffer): boolean => head.toString('latin1', 0, AR_MAGIC.length) === AR_MAGIC;

/** Name, version and architecture of a Debian package (deb(5)): from the file `control` of its member `control.tar`. */
export async function readDeb(read: ReadAt): Promise<PackageIdentity> {
  const [version, control] = await firstMembers(read);
  if (version?.name !== 'debian-binary' || !control?.name.startsWith('control.tar')) {
    throw new NotAPackage('it is an ar archive, but not a Debian package');
  }
  const fields = parseControl(await controlFile(await unpacked(control.name, control.content)));
  const [name, number, architecture] = ['package', 'version', 'architecture'].map((field) => fields.get(field) ?? '');
  if (!name || !number || !architecture) throw new NotAPackage('its control file lacks name, version or architecture');
  return { format: 'deb', name, version: number, architecture };
}

interface Member {
  readonly name: string;
  readonly content: Buffer;
}

async function firstMembers(read: ReadAt): Promise<Member[]> {
  const members: Member[] = [];
  let offset = AR_MAGIC.length;
  while (members.length < 2) {
    const header = (await read(offset, AR_HEADER)).toString('latin1');
    const size = Number(header.slice(48, 58));
    if (header.length < AR_HEADER || header.slice(58) !== '`\n' || !Number.isInteger(size) || size > MOST_CONTROL) {
      throw new NotAPackage('it breaks off, or is damaged at its beginning');
    }
    const content = await read(offset + AR_HEADER, size);
    if (content.length < size) throw new NotAPackage('it breaks off: the download was not complete');
    members.push({ name: header.slice(0, 16).trim().replace(/\/$/, ''), content });
    offset += AR_HEADER + size + (size % 2);
  }
  return members;
}

async function unpacked(name: string, content: Buffer): Promise<Buffer> {
  try {
    if (name.endsWith('.gz')) return gunzipSync(content, { maxOutputLength: MOST_CONTROL });
    if (name.endsWith('.zst')) return Buffer.from(unzstd(content));
    if (name.endsWith('.xz'))
      return await buffer(new xz.XzReadableStream(new Blob([new Uint8Array(content)]).stream()));
    if (name.endsWith('.tar')) return content;
  } catch (cause) {
    throw new NotAPackage(`its ${name} is damaged`, { cause });
  }
  throw new NotAPackage(`its ${name} is compressed in a way that is not known`);
}

async function controlFile(archive: Buffer): Promise<string> {
  try {
    for await (const entry of Readable.from([archive]).pipe(tar.extract())) {
      if (entry.header.name.replace(/^\.\//, '') === 'control') return (await buffer(entry)).toString('utf8');
      entry.resume();
    }
  } catch (cause) {
    throw new NotAPackage('its control archive is damaged', { cause });
  }
  throw new NotAPackage('it has no control file');
}

/** The fields of the first paragraph, by their names in lower case. */
function parseControl(text: string): Map<string, string> {
  const fields = [...text.matchAll(/^([A-Za-z][\w-]*):[ \t]*(.*?)[ \t]*$/gm)];
  return new Map(fields.map(([, name = '', value = '']) => [name.toLowerCase(), value]));
}
