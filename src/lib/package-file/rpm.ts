import type { ReadAt } from './deb.js';
import { NotAPackage, type PackageIdentity } from './package-file.js';

/** The format as rpm's own documentation has it: a lead of 96 bytes, a signature header, the header. */
const LEAD = 96;
const LEAD_MAGIC = 0xedabeedb;
const HEADER_MAGIC = 0x8eade801;
const INTRO = 16;
const INDEX_ENTRY = 16;
const MOST_HEADER = 64 * 1024 * 1024;
const SOURCE_PACKAGE = 1;
/** Tags and the type of a string. */
const TAG = { name: 1000, version: 1001, release: 1002, arch: 1022 } as const;
const STRING = 6;

export const looksLikeRpm = (head: Buffer): boolean => head.length >= 4 && head.readUInt32BE(0) === LEAD_MAGIC;

/** Name, version and architecture of an RPM. */
export async function readRpm(read: ReadAt): Promise<PackageIdentity> {
  const lead = await read(0, LEAD);
  if (lead.length < LEAD) throw new NotAPackage('it breaks off: the download was not complete');
  if (lead.readUInt16BE(6) === SOURCE_PACKAGE) throw new NotAPackage('it is a source package');
  const signature = await readHeader(read, LEAD);
  // The signature is padded to eight bytes, the header begins behind it.
  const header = await readHeader(read, LEAD + Math.ceil(signature.length / 8) * 8);
  const [name, version, release, architecture] = [TAG.name, TAG.version, TAG.release, TAG.arch].map((tag) =>
    stringOf(header, tag),
  );
  if (!name || !version || !architecture) throw new NotAPackage('its header lacks name, version or architecture');
  return { format: 'rpm', name, version: release ? `${version}-${release}` : version, architecture };
}

/** A header with its intro: how many entries, how many bytes of data, the entries, the data. */
async function readHeader(read: ReadAt, offset: number): Promise<Buffer> {
  const intro = await read(offset, INTRO);
  if (intro.length < INTRO) throw new NotAPackage('it breaks off: the download was not complete');
  if (intro.readUInt32BE(0) !== HEADER_MAGIC) throw new NotAPackage('its header is damaged');
  const length = INTRO + intro.readUInt32BE(8) * INDEX_ENTRY + intro.readUInt32BE(12);
  if (length > MOST_HEADER) throw new NotAPackage('its header is damaged');
  const header = await read(offset, length);
  if (header.length < length) throw new NotAPackage('it breaks off: the download was not complete');
  return header;
}

function stringOf(header: Buffer, wanted: number): string {
  const entries = header.readUInt32BE(8);
  const data = INTRO + entries * INDEX_ENTRY;
  for (let at = INTRO; at < data; at += INDEX_ENTRY) {
    if (header.readUInt32BE(at) !== wanted || header.readUInt32BE(at + 4) !== STRING) continue;
    const start = data + header.readUInt32BE(at + 8);
    const end = header.indexOf(0, start);
    return end < 0 ? '' : header.toString('utf8', start, end);
  }
  return '';
}
