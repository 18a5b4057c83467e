import { createHash } from 'node:crypto';
import { part, type Bytes } from './ar.js';
import { assertNamed, NotAPackage, type PackageIdentity } from './package-file.js';

/** The format as rpm's own documentation has it: a lead of 96 bytes, a signature header, the header. */
const LEAD = 96;
const LEAD_MAGIC = 0xedabeedb;
const HEADER_MAGIC = 0x8eade801;
const INTRO = 16;
const INDEX_ENTRY = 16;
const MOST_HEADER = 64 * 1024 * 1024;
const SOURCE_PACKAGE = 1;
/** Tags of the header, and of the signature: the size of header and payload, and their MD5. */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  arch: 1022,
  payloadDigest: 5092,
  payloadDigestKind: 5093,
} as const;
const SIGNATURE_TAG = { longSize: 270, size: 1000, md5: 1004 } as const;
/** Types of entries. */
const TYPE = { int32: 4, int64: 5, string: 6, binary: 7, strings: 8 } as const;
/** The number of SHA-256 among the kinds of digests (RFC 4880, 9.4). */
const SHA256 = 8;

export const looksLikeRpm = (head: Buffer): boolean => head.length >= 4 && head.readUInt32BE(0) === LEAD_MAGIC;

/** Name, version and architecture of an RPM, whose bytes are all there: as many as it says itself, with the digest that it says. */
export async function readRpm(file: Bytes): Promise<PackageIdentity> {
  const lead = await file.read(0, LEAD);
  if (lead.length < LEAD) throw new NotAPackage('it breaks off: the download was not complete');
  if (lead.readUInt16BE(6) === SOURCE_PACKAGE) throw new NotAPackage('it is a source package');
  const signature = await readHeader(file, LEAD);
  // The signature is padded to eight bytes, the header begins behind it.
  const start = LEAD + Math.ceil(signature.length / 8) * 8;
  const header = await readHeader(file, start);
  const [name, version, release, architecture] = [TAG.name, TAG.version, TAG.release, TAG.arch].map((tag) =>
    stringOf(header, tag),
  );
  if (!name || !version || !architecture) throw new NotAPackage('its header lacks name, version or architecture');
  await checkBytes(file, signature, header, start);
  return assertNamed({ format: 'rpm', name, version: release ? `${version}-${release}` : version, architecture });
}

async function checkBytes(file: Bytes, signature: Buffer, header: Buffer, start: number): Promise<void> {
  const size = numberOf(signature, SIGNATURE_TAG.longSize) ?? numberOf(signature, SIGNATURE_TAG.size);
  if (size !== undefined && file.size - start < size)
    throw new NotAPackage('it breaks off: the download was not complete');
  if (size !== undefined && file.size - start > size)
    throw new NotAPackage('it is damaged: other bytes follow its end');
  const md5 = entryOf(signature, SIGNATURE_TAG.md5, TYPE.binary)?.subarray(0, 16).toString('hex');
  const payload = numberOf(header, TAG.payloadDigestKind) === SHA256 ? stringOf(header, TAG.payloadDigest) : '';
  const digests = [
    ...(md5 === undefined ? [] : [{ kind: 'md5', from: start, wanted: md5 }]),
    ...(payload === '' ? [] : [{ kind: 'sha256', from: start + header.length, wanted: payload }]),
  ];
  for (const { kind, from, wanted } of digests) {
    const hash = createHash(kind);
    for await (const chunk of part(file, from, Math.max(0, file.size - from))) hash.update(chunk);
    if (hash.digest('hex') !== wanted)
      throw new NotAPackage('it is damaged: its checksum is not the one that it says itself');
  }
}

/** A header with its intro: how many entries, how many bytes of data, the entries, the data. */
async function readHeader(file: Bytes, offset: number): Promise<Buffer> {
  const intro = await file.read(offset, INTRO);
  if (intro.length < INTRO) throw new NotAPackage('it breaks off: the download was not complete');
  if (intro.readUInt32BE(0) !== HEADER_MAGIC) throw new NotAPackage('its header is damaged');
  const length = INTRO + intro.readUInt32BE(8) * INDEX_ENTRY + intro.readUInt32BE(12);
  if (length > MOST_HEADER) throw new NotAPackage('its header is damaged');
  if (offset + length > file.size) throw new NotAPackage('it breaks off: the download was not complete');
  return file.read(offset, length);
}

/** The data of an entry, from its beginning to the end of the header. */
function entryOf(header: Buffer, tag: number, ...types: readonly number[]): Buffer | undefined {
  const data = INTRO + header.readUInt32BE(8) * INDEX_ENTRY;
  for (let at = INTRO; at < data; at += INDEX_ENTRY) {
    if (header.readUInt32BE(at) !== tag || !types.includes(header.readUInt32BE(at + 4))) continue;
    return header.subarray(data + header.readUInt32BE(at + 8));
  }
  return undefined;
}

function stringOf(header: Buffer, tag: number): string {
  const data = entryOf(header, tag, TYPE.string, TYPE.strings);
  const end = data?.indexOf(0) ?? -1;
  return end < 0 ? '' : (data?.toString('utf8', 0, end) ?? '');
}

function numberOf(header: Buffer, tag: number): number | undefined {
  const long = entryOf(header, tag, TYPE.int64);
  if (long && long.length >= 8) return Number(long.readBigUInt64BE(0));
  const data = entryOf(header, tag, TYPE.int32);
  return data && data.length >= 4 ? data.readUInt32BE(0) : undefined;
}
