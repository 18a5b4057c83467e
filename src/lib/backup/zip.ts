import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createGzip } from 'node:zlib';
import { pack, type Header, type Pack } from 'tar-stream';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { openRegular } from '../regular-file.js';
import { MEMBER_LIMITS } from './member-safety.js';

/** The archive cannot be read to its end; the message says why, and in which member. */
export class ZipUnreadable extends Error {}

const LOCAL_FILE_HEADER = Buffer.from('PK\x03\x04', 'latin1');

/** Whether a file begins like a .zip, whatever its name. Throws when it cannot be read. */
export async function isZip(path: string): Promise<boolean> {
  const file = await openRegular(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(LOCAL_FILE_HEADER.length), 0, LOCAL_FILE_HEADER.length, 0);
    return buffer.equals(LOCAL_FILE_HEADER);
  } finally {
    await file.close();
  }
}

/**
 * Packs a .zip anew as a .tar.gz, member by member, with the same bytes for the same archive; every member's checksum is compared. What
 * the members are is judged by whoever reads the .tar.gz: here nothing is unpacked. `to` must not exist. Throws ZipUnreadable.
 */
export async function repackZip(from: string, to: string, signal?: AbortSignal): Promise<void> {
  const zip = await openPromise(from, { strictFileNames: true, autoClose: false }).catch(unreadable);
  const tar = pack();
  const written = pipeline(tar, createGzip(), createWriteStream(to, { flags: 'wx', mode: 0o600 }), { signal });
  try {
    await Promise.all([written, addMembers(zip, tar, signal)]);
  } catch (error) {
    tar.destroy();
    await written.catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  } finally {
    zip.close();
  }
}

async function addMembers(zip: ZipFile, tar: Pack, signal: AbortSignal | undefined): Promise<void> {
  let bytes = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      bytes += entry.uncompressedSize;
      if (bytes > MEMBER_LIMITS.bytes) throw new Error(`its members claim more than ${MEMBER_LIMITS.bytes} bytes`);
      await addMember(zip, entry, tar).catch((error: unknown) => unreadable(error, entry.fileName));
    }
  } catch (error) {
    unreadable(error);
  }
  tar.finalize();
}

async function addMember(zip: ZipFile, entry: Entry, tar: Pack): Promise<void> {
  if (entry.isEncrypted()) throw new Error('it is encrypted');
  const header = headerOf(entry);
  const content = await zip.openReadStreamPromise(entry);
  if (header.type === 'file') {
    await pipeline(content, checked(entry), tar.entry({ ...header, size: entry.uncompressedSize }));
    return;
  }
  // Only a link has something to keep, and that is a path.
  if (entry.uncompressedSize > MEMBER_LIMITS.nameBytes) throw new Error('it is no file, and holds more than a path');
  const chunks: Buffer[] = [];
  await pipeline(content, checked(entry), async (stream: AsyncIterable<Buffer>) => {
    for await (const chunk of stream) chunks.push(chunk);
  });
  tar.entry(header.type === 'symlink' ? { ...header, linkname: Buffer.concat(chunks).toString() } : header);
}

const UNIX = 3;
const FILE_TYPE = 0o170000;
const SYMLINK = 0o120000;
/** Devices and FIFOs, which only a .zip that was made by hand has: a member of a kind that is refused. */
const SPECIAL = new Set([0o010000, 0o020000, 0o060000]);

/** A member's header in a tar. Modes and kinds are in the upper half of the attributes, where Unix packed it (APPNOTE 4.4.15). */
function headerOf(entry: Entry): Pick<Header, 'name' | 'type' | 'mode' | 'mtime'> {
  const attributes = entry.versionMadeBy >>> 8 === UNIX ? entry.externalFileAttributes >>> 16 : 0;
  const isDirectory = entry.fileName.endsWith('/');
  const kind = attributes & FILE_TYPE;
  const type = isDirectory ? 'directory' : kind === SYMLINK ? 'symlink' : SPECIAL.has(kind) ? 'fifo' : 'file';
  return {
    name: entry.fileName,
    type,
    mode: attributes & 0o7777 || (isDirectory ? 0o755 : 0o644),
    mtime: entry.getLastModDate({ timezone: 'UTC' }),
  };
}

/** Passes a member's bytes on, and fails at their end when they are not those that were packed. */
function checked({ crc32: packed }: Entry): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush: (done) => done(sum === packed ? null : new Error('its checksum is not the one that was packed')),
  });
}

function unreadable(error: unknown, member?: string): never {
  if (error instanceof ZipUnreadable) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new ZipUnreadable(member === undefined ? reason : `${JSON.stringify(member)}: ${reason}`, { cause: error });
}
