import { NotAPackage } from './package-file.js';

/** Reads LENGTH bytes at OFFSET; fewer at the end of the file. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/** A file that is read at any place. */
export interface Bytes {
  readonly size: number;
  readonly read: ReadAt;
}

/** ar(5): a magic line, then members with a header of 60 bytes each, at even offsets. */
const MAGIC = '!<arch>\n';
const HEADER = 60;
/** A package has three, and may have some signatures beside them. */
const MOST_MEMBERS = 64;
const CHUNK = 1 << 18;

export interface Member {
  readonly name: string;
  readonly size: number;
  readonly content: () => AsyncGenerator<Buffer>;
}

export const looksLikeAr = (head: Buffer): boolean => head.toString('latin1', 0, MAGIC.length) === MAGIC;

/** The members of an ar archive, each of which is there to its last byte. Throws NotAPackage. */
export async function arMembers(file: Bytes): Promise<Member[]> {
  const members: Member[] = [];
  // The last one may lack the byte that makes its length even.
  for (let offset = MAGIC.length; offset < file.size;) {
    const header = (await file.read(offset, HEADER)).toString('latin1');
    const field = header.slice(48, 58).trim();
    const size = Number(field);
    if (header.length < HEADER) throw new NotAPackage('it breaks off, or other bytes follow its end');
    if (header.slice(58) !== '`\n' || !/^\d+$/.test(field)) {
      throw new NotAPackage(`it is damaged: no member begins at byte ${offset}`);
    }
    const start = offset + HEADER;
    if (start + size > file.size) throw new NotAPackage('it breaks off: the download was not complete');
    members.push({
      name: header
        .slice(0, 16)
        .trim()
        .replace(/\/$/, '')
        .replace(/[^\w.+-]/g, '?'),
      size,
      content: () => part(file, start, size),
    });
    if (members.length > MOST_MEMBERS) throw new NotAPackage('it has more members than any package');
    offset = start + size + (size % 2);
  }
  return members;
}

/** SIZE bytes of a file from START. Throws NotAPackage where it has become shorter. */
export async function* part(file: Bytes, start: number, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const chunk = await file.read(start + at, Math.min(CHUNK, size - at));
    if (chunk.length === 0) throw new NotAPackage('it became shorter while it was read');
    at += chunk.length;
    yield chunk;
  }
}
