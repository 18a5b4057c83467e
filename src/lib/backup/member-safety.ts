import { HashTable } from './hash-table.js';
import { hashesOf, PathHash, spellingOf } from './path-hash.js';
import { error, type Problem } from './report.js';
import type { TarMember } from './tar-scanner.js';

/** Limits beyond which an archive is not what it claims to be. MailWizz has some 20 000 files, under 1 GB. */
export interface MemberLimits {
  readonly members: number;
  readonly bytes: number;
  readonly nameBytes: number;
}

export const MEMBER_LIMITS: MemberLimits = { members: 500_000, bytes: 32 * 1024 ** 3, nameBytes: 1024 };

/** MailWizz has some 3,000 folders, and no links. What has more is not kept in memory, and refused. */
const MOST_FOLDERS = 500_000;
const MOST_LINKS = 10_000;

const SETUID_OR_SETGID = 0o6000;
/** The same fault in thousands of members is one problem with a count, and the names of the first few. */
const EXAMPLES = 3;

const KINDS: readonly TarMember['kind'][] = ['file', 'directory', 'symlink', 'hardlink', 'device', 'other'];

/** What is remembered of a path: whether it is a member, of which kind and spelling, and whether others lie below it. */
interface Remembered {
  readonly kind: TarMember['kind'] | undefined;
  readonly spelling: number;
  readonly isFolder: boolean;
}

const packed = ({ kind, spelling, isFolder }: Remembered): number =>
  ((spelling << 5) | (isFolder ? 16 : 0) | (kind === undefined ? 15 : KINDS.indexOf(kind))) >>> 0;

const unpacked = (value: number): Remembered => ({
  kind: KINDS[value & 15],
  spelling: value >>> 5,
  isFolder: (value & 16) !== 0,
});

interface Link {
  readonly path: string;
  readonly target: string;
  readonly kind: 'symlink' | 'hardlink';
}

/** The same fault of many members, with the names of the first few. */
type Faults = Map<string, { readonly message: string; readonly names: readonly string[]; readonly count: number }>;

/**
 * Judges the members of an archive by what unpacking them could do: write outside of the folder, through a link, over each
 * other, or make devices and setuid programs. Names are judged in every form in which a program might take them. Of a name nothing is kept
 * but its hash, so memory has a bound: some 30 MB at the limits.
 */
export class MemberSafety {
  readonly #limits: MemberLimits;
  readonly #found: Faults = new Map();
  /** By the hash of the folded path. */
  readonly #seen = new HashTable();
  readonly #links: Link[] = [];
  #members = 0;
  #folders = 0;
  #bytes = 0;

  constructor(limits: MemberLimits = MEMBER_LIMITS) {
    this.#limits = limits;
  }

  /** Judges a member. Returns false when it is beyond the limits and is not to be remembered by anybody. */
  add(member: TarMember): boolean {
    this.#members++;
    this.#bytes += member.size;
    if (this.#members > this.#limits.members) {
      this.#report('BOMB_COUNT', `more than ${this.#limits.members} members`, member.name);
      return false;
    }
    if (this.#bytes > this.#limits.bytes) {
      this.#report('BOMB_SIZE', `its members claim more than ${this.#limits.bytes} bytes`, member.name);
    }
    if ([member.name, member.linkTarget].some((name) => Buffer.byteLength(name) > this.#limits.nameBytes)) {
      this.#report(
        'MEMBER_NAME_LONG',
        `a name of over ${this.#limits.nameBytes} bytes`,
        `${member.name.slice(0, 60)}…`,
      );
      return false;
    }
    this.#judgeName(member.name);
    this.#judgeKind(member);
    this.#remember(member);
    return true;
  }

  /** All that was found. `root` is the folder that becomes the root of what is unpacked: no link may leave it. */
  problems(root = ''): readonly Problem[] {
    const found = new Map(this.#found);
    for (const link of this.#links) {
      const fault = this.#faultOf(link, root);
      if (fault) addFault(found, ...fault, `${link.path} -> ${link.target}`);
    }
    return [...found].map(([code, { message, names, count }]) => {
      const shown = names.map((name) => JSON.stringify(name)).join(', ');
      return error(code, `${message}: ${shown}${count > names.length ? ` and ${count - names.length} more` : ''}`);
    });
  }

  #judgeName(name: string): void {
    if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) this.#report('MEMBER_ABSOLUTE', 'an absolute name', name);
    if (name.split(/[/\\]/).includes('..')) this.#report('MEMBER_PARENT', 'a name that climbs with ".."', name);
    if (name.includes('\\')) this.#report('MEMBER_BACKSLASH', 'a backslash in a name', name);
    if (name.includes('\0')) this.#report('MEMBER_NUL', 'a NUL byte in a name', name);
  }

  #judgeKind({ kind, mode, name, type }: TarMember): void {
    if (kind === 'device') this.#report('MEMBER_DEVICE', 'a device or a FIFO', name);
    if (kind === 'other')
      this.#report('MEMBER_TYPE', `a member of type ${JSON.stringify(type)}, which nothing here needs`, name);
    if (kind === 'file' && (mode & SETUID_OR_SETGID) !== 0)
      this.#report('MEMBER_SETUID', 'a setuid or setgid file', name);
  }

  #remember(member: TarMember): void {
    const path = plainPath(member.name);
    if (path === '') {
      if (member.kind !== 'directory') this.#report('MEMBER_UNNAMED', 'a member without a name', member.name);
      return;
    }
    const hashes = hashesOf(path);
    const hash = hashes.pop() ?? 0;
    this.#enterFolders(hashes, path);
    if (member.kind === 'symlink' || member.kind === 'hardlink')
      this.#rememberLink({ path, target: member.linkTarget, kind: member.kind });

    const before = this.#at(hash);
    const spelling = spellingOf(path);
    if (before?.kind === undefined) {
      if (before?.isFolder && member.kind === 'symlink') this.#throughLink(path);
      this.#seen.set(hash, packed({ kind: member.kind, spelling, isFolder: before?.isFolder ?? false }));
    } else if (before.spelling !== spelling) {
      this.#report('MEMBER_CASE_DUPLICATE', 'names that differ only in case from an earlier one', path);
    } else if (before.kind !== 'directory' || member.kind !== 'directory') {
      this.#report('MEMBER_DUPLICATE', 'the same name twice', path);
    }
  }

  /** Remembers the folders on the way to a member: none of them may be a link, before or after. */
  #enterFolders(hashes: readonly number[], path: string): void {
    if (hashes.some((hash) => this.#isLink(hash))) this.#throughLink(path);
    for (const hash of hashes) {
      const known = this.#at(hash);
      if (known?.isFolder) continue;
      if (!known && ++this.#folders > MOST_FOLDERS)
        return this.#report('BOMB_FOLDERS', `more than ${MOST_FOLDERS} folders`, path);
      this.#seen.set(hash, packed({ kind: known?.kind, spelling: known?.spelling ?? 0, isFolder: true }));
    }
  }

  #rememberLink(link: Link): void {
    if (this.#links.length < MOST_LINKS) this.#links.push(link);
    else this.#report('BOMB_LINKS', `more than ${MOST_LINKS} links`, link.path);
  }

  #throughLink(path: string): void {
    this.#report('MEMBER_THROUGH_LINK', 'unpacking writes through a link of the archive', path);
  }

  #faultOf({ path, target, kind }: Link, root: string): [code: string, message: string] | undefined {
    const base = kind === 'symlink' ? path.split('/').slice(0, -1) : [];
    const resolved = target.includes('\\') || target.includes('\0') ? undefined : resolveInside(base, target);
    const inRoot = root === '' || !isInside(path, root) || (resolved !== undefined && isInside(resolved, root));
    if (resolved === undefined || !inRoot) return ['LINK_ESCAPES', 'a link that leaves the unpacked folder'];
    const hashes = hashesOf(resolved);
    const hash = hashes.pop() ?? 0;
    // A target that passes through another link may end anywhere, whatever its text says.
    if (hashes.some((folder) => this.#isLink(folder)) || passesLink(base, target, (at) => this.#isLink(at)))
      return ['LINK_THROUGH_LINK', 'a link whose target passes through another link'];
    if (kind === 'hardlink' && this.#at(hash)?.kind !== 'file')
      return ['LINK_DANGLING', 'a hard link to what is no file of the archive'];
    return undefined;
  }

  #at(hash: number): Remembered | undefined {
    const value = this.#seen.get(hash);
    return value === undefined ? undefined : unpacked(value);
  }

  #isLink(hash: number): boolean {
    return this.#at(hash)?.kind === 'symlink';
  }

  #report(code: string, message: string, name: string): void {
    addFault(this.#found, code, message, name);
  }
}

function addFault(found: Faults, code: string, message: string, name: string): void {
  const { names, count } = found.get(code) ?? { names: [], count: 0 };
  found.set(code, { message, names: names.length < EXAMPLES ? [...names, name] : names, count: count + 1 });
}

/** A member's name without `.` components, doubled slashes and the slash at its end. */
export const plainPath = (name: string): string =>
  name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

const isInside = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`);

/** Where a link target leads, as a plain path; undefined when it is absolute or climbs out at any point. */
function resolveInside(base: readonly string[], target: string): string | undefined {
  if (target === '' || target.startsWith('/') || /^[A-Za-z]:/.test(target)) return undefined;
  const at = [...base];
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') at.push(part);
    else if (at.pop() === undefined) return undefined;
  }
  return at.join('/');
}

/** Whether a target walks through a link before its last step. */
function passesLink(base: readonly string[], target: string, isLink: (hash: number) => boolean): boolean {
  const at = new PathHash();
  for (const part of base) at.push(part);
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  for (const part of parts.slice(0, -1)) {
    if (part === '..') at.pop();
    else at.push(part);
    if (at.key !== undefined && isLink(at.key)) return true;
  }
  return false;
}
