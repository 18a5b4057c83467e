import { error, type Problem } from './report.js';
import { BLOCK, decodeName, parseHeader, parsePax, type TarHeader } from './tar-header.js';

/** One member of a tar file, with its long names resolved. */
export interface TarMember {
  /** As the archive spells it. */
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'device' | 'other';
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly linkTarget: string;
}

export interface TarVisitor {
  /** Called for each member; returns how many bytes of its content are wanted. */
  member(member: TarMember): number;
  /** The wanted content, once it was read. */
  content?(member: TarMember, content: Buffer): void;
  /** The content of a member as it passes, of any size: its beginning, its parts, its end. */
  begin?(member: TarMember): void;
  part?(chunk: Buffer): void;
  end?(member: TarMember): void;
}

/** Long names and pax records beyond this are no names any more. */
const METADATA_LIMIT = 1024 * 1024;

const KINDS: Readonly<Record<string, TarMember['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
  '6': 'device',
};

type Body =
  | { readonly of: 'member'; readonly member: TarMember }
  | { readonly of: 'metadata'; readonly type: string }
  | { readonly of: 'skipped' };

/**
 * Reads the structure of a tar stream (POSIX ustar and pax, GNU long names) from chunks of any size, without keeping it: every
 * header's checksum, every length, the two zero blocks at the end and nothing after them. The first fault ends the scan, since
 * nothing behind it can be trusted.
 */
export class TarScanner {
  readonly #visitor: TarVisitor;
  readonly #block = Buffer.alloc(BLOCK);
  #filled = 0;
  #offset = 0;
  #body: Body = { of: 'skipped' };
  #bodyLeft = 0;
  #paddingLeft = 0;
  #wanted = 0;
  #kept: Buffer[] = [];
  #zeroBlocks = 0;
  #members = 0;
  #lastName = '';
  #next: { path?: string; linkpath?: string; size?: number } = {};
  #global: { path?: string; linkpath?: string; size?: number } = {};
  #problem: Problem | undefined;

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor;
  }

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#problem === undefined) {
      if (this.#bodyLeft > 0) at += this.#takeBody(chunk, at);
      else if (this.#paddingLeft > 0) at += this.#skipPadding(chunk.length - at);
      else at += this.#takeHeader(chunk, at);
    }
  }

  /** The end of the stream: what was wrong, or undefined when the structure is sound. */
  end(): Problem | undefined {
    if (this.#problem !== undefined) return this.#problem;
    if (this.#bodyLeft > 0 || this.#paddingLeft > 0 || this.#filled > 0) {
      return error('TAR_TRUNCATED', `truncated: the tar data ends inside ${this.#where()}`);
    }
    if (this.#zeroBlocks < 2) {
      return error('TAR_NO_END', `the tar data has no end mark after ${this.#where()}: it may have been cut short`);
    }
    return this.#members === 0 ? error('TAR_EMPTY', 'a valid tar file without any member') : undefined;
  }

  #takeBody(chunk: Buffer, at: number): number {
    const length = Math.min(this.#bodyLeft, chunk.length - at);
    if (this.#wanted > 0) {
      const part = chunk.subarray(at, at + Math.min(length, this.#wanted));
      this.#kept.push(Buffer.from(part));
      this.#wanted -= part.length;
    }
    if (this.#body.of === 'member') this.#visitor.part?.(chunk.subarray(at, at + length));
    this.#advance(length);
    this.#bodyLeft -= length;
    if (this.#bodyLeft === 0) this.#finishBody();
    return length;
  }

  #skipPadding(available: number): number {
    const length = Math.min(this.#paddingLeft, available);
    this.#paddingLeft -= length;
    this.#advance(length);
    return length;
  }

  #takeHeader(chunk: Buffer, at: number): number {
    const length = Math.min(BLOCK - this.#filled, chunk.length - at);
    chunk.copy(this.#block, this.#filled, at, at + length);
    this.#filled += length;
    this.#advance(length);
    if (this.#filled === BLOCK) {
      this.#filled = 0;
      this.#readHeader();
    }
    return length;
  }

  #advance(length: number): void {
    this.#offset += length;
  }

  #readHeader(): void {
    if (this.#block.every((byte) => byte === 0)) {
      this.#zeroBlocks++;
      return;
    }
    const start = this.#offset - BLOCK;
    if (this.#zeroBlocks >= 2) return this.#fail('TAR_TRAILING', `other bytes follow the end mark, at byte ${start}`);
    const header = parseHeader(this.#block);
    if (header === undefined || this.#zeroBlocks === 1) {
      const what = this.#members === 0 ? 'not a tar file, or damaged' : 'corrupt: a header is damaged';
      return this.#fail('TAR_CHECKSUM', `${what}, at byte ${start} after ${this.#where()}`);
    }
    this.#begin(header);
  }

  #begin(header: TarHeader): void {
    if ('xgLK'.includes(header.type)) {
      if (header.size > METADATA_LIMIT)
        return this.#fail('TAR_METADATA', `a name of ${header.size} bytes after ${this.#where()}`);
      return this.#expect({ of: 'metadata', type: header.type }, header.size, header.size);
    }
    const { path, linkpath, size } = { ...this.#global, ...this.#next };
    this.#next = {};
    const name = path ?? header.name;
    const kind = KINDS[header.type] ?? 'other';
    const member: TarMember = {
      name,
      // Programs older than ustar mark a directory by a slash at the end of its name.
      kind: kind === 'file' && name.endsWith('/') ? 'directory' : kind,
      type: header.type,
      mode: header.mode,
      size: size ?? header.size,
      linkTarget: linkpath ?? header.linkTarget,
    };
    this.#members++;
    this.#lastName = name;
    const wanted = this.#visitor.member(member);
    this.#visitor.begin?.(member);
    // Links, directories and devices have no content, whatever their size field says.
    this.#expect({ of: 'member', member }, member.kind === 'file' || member.kind === 'other' ? member.size : 0, wanted);
  }

  #expect(body: Body, length: number, wanted: number): void {
    this.#body = body;
    this.#bodyLeft = length;
    this.#paddingLeft = (BLOCK - (length % BLOCK)) % BLOCK;
    this.#wanted = wanted;
    this.#kept = [];
    if (length === 0) this.#finishBody();
  }

  #finishBody(): void {
    const content = Buffer.concat(this.#kept);
    const body = this.#body;
    this.#kept = [];
    this.#wanted = 0;
    this.#body = { of: 'skipped' };
    if (body.of === 'member') this.#visitor.content?.(body.member, content);
    if (body.of === 'member') this.#visitor.end?.(body.member);
    if (body.of === 'metadata') this.#readMetadata(body.type, content);
  }

  #readMetadata(type: string, content: Buffer): void {
    if (type === 'L') this.#next.path = decodeName(withoutEnd(content));
    else if (type === 'K') this.#next.linkpath = decodeName(withoutEnd(content));
    else this.#readPax(type, content);
  }

  #readPax(type: string, content: Buffer): void {
    const records = parsePax(content);
    const size = records?.get('size');
    if (records === undefined || (size !== undefined && !/^\d{1,15}$/.test(size))) {
      return this.#fail('TAR_METADATA', `corrupt: an extended header is damaged after ${this.#where()}`);
    }
    // The name of a sparse file stands in records of its own, and only GNU tar follows them.
    if ([...records.keys()].some((key) => key.startsWith('GNU.sparse'))) {
      return this.#fail('TAR_METADATA', `a sparse file, which nothing here needs, after ${this.#where()}`);
    }
    const target = type === 'g' ? this.#global : this.#next;
    const path = records.get('path');
    const linkpath = records.get('linkpath');
    if (path !== undefined) target.path = path;
    if (linkpath !== undefined) target.linkpath = linkpath;
    if (size !== undefined) target.size = Number(size);
  }

  #where(): string {
    return this.#members === 0 ? 'the start' : `member ${this.#members}, ${JSON.stringify(this.#lastName)}`;
  }

  #fail(code: string, message: string): void {
    this.#problem = error(code, message);
  }
}

/** A name without the NUL bytes at its end. */
function withoutEnd(name: Buffer): Buffer {
  let end = name.length;
  while (end > 0 && name[end - 1] === 0) end--;
  return name.subarray(0, end);
}
