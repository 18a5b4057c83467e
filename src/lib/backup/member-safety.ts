import { error, type Problem } from './report.js';
import type { TarMember } from './tar-scanner.js';

/** Limits beyond which an archive is not what it claims to be. MailWizz has some 20 000 files, under 1 GB. */
export interface MemberLimits {
  readonly members: number;
  readonly bytes: number;
  readonly nameBytes: number;
}

export const MEMBER_LIMITS: MemberLimits = { members: 500_000, bytes: 32 * 1024 ** 3, nameBytes: 1024 };

const SETUID_OR_SETGID = 0o6000;
/** The same fault in thousands of members is one problem with a count, and the names of the first few. */
const EXAMPLES = 3;

/**
 * Judges the members of an archive by what unpacking them could do: write outside of the folder, through a link, over each
 * other, or make devices and setuid programs. Names are judged in every form in which a program might take them.
 */
export class MemberSafety {
  readonly #limits: MemberLimits;
  readonly #found = new Map<string, { message: string; names: string[]; count: number }>();
  /** The folded spelling of each path, with its own spelling and its kind. */
  readonly #seen = new Map<string, { path: string; kind: TarMember['kind'] }>();
  readonly #links: { path: string; target: string; kind: 'symlink' | 'hardlink' }[] = [];
  #members = 0;
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
    if (Buffer.byteLength(member.name) > this.#limits.nameBytes) {
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
    for (const link of this.#links) this.#judgeLink(link, root);
    for (const { path } of this.#seen.values()) {
      const through = this.#linkOnTheWayTo(path);
      if (through !== undefined)
        this.#report('MEMBER_THROUGH_LINK', 'unpacking writes through a link of the archive', path);
    }
    return [...this.#found].map(([code, { message, names, count }]) => {
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
    if (member.kind === 'symlink' || member.kind === 'hardlink') {
      this.#links.push({ path, target: member.linkTarget, kind: member.kind });
    }
    const before = this.#seen.get(folded(path));
    if (before === undefined) {
      this.#seen.set(folded(path), { path, kind: member.kind });
    } else if (before.path !== path) {
      this.#report('MEMBER_CASE_DUPLICATE', 'names that differ only in case', `${before.path} and ${path}`);
    } else if (before.kind !== 'directory' || member.kind !== 'directory') {
      this.#report('MEMBER_DUPLICATE', 'the same name twice', path);
    }
  }

  #judgeLink(
    { path, target, kind }: { path: string; target: string; kind: 'symlink' | 'hardlink' },
    root: string,
  ): void {
    const shown = `${path} -> ${target}`;
    const base = kind === 'symlink' ? path.split('/').slice(0, -1) : [];
    const resolved = target.includes('\\') || target.includes('\0') ? undefined : resolveInside(base, target);
    const inRoot = root === '' || !isInside(path, root) || (resolved !== undefined && isInside(resolved, root));
    if (resolved === undefined || !inRoot)
      return this.#report('LINK_ESCAPES', 'a link that leaves the unpacked folder', shown);
    // A target that passes through another link may end anywhere, whatever its text says.
    if (this.#linkOnTheWayTo(resolved) !== undefined || passesLink(base, target, (at) => this.#isLink(at))) {
      return this.#report('LINK_THROUGH_LINK', 'a link whose target passes through another link', shown);
    }
    if (kind === 'hardlink' && this.#seen.get(folded(resolved))?.kind !== 'file') {
      this.#report('LINK_DANGLING', 'a hard link to what is no file of the archive', shown);
    }
  }

  #linkOnTheWayTo(path: string): string | undefined {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (this.#isLink(path.slice(0, slash))) return path.slice(0, slash);
    }
    return undefined;
  }

  #isLink(path: string): boolean {
    return this.#seen.get(folded(path))?.kind === 'symlink';
  }

  #report(code: string, message: string, name: string): void {
    const entry = this.#found.get(code) ?? { message, names: [], count: 0 };
    entry.count++;
    if (entry.names.length < EXAMPLES) entry.names.push(name);
    this.#found.set(code, entry);
  }
}

/** A member's name without `.` components, doubled slashes and the slash at its end. */
export const plainPath = (name: string): string =>
  name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

/** What file systems that ignore case, or compose accents, take for the same name. */
const folded = (path: string): string => path.normalize('NFC').toLowerCase();

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
function passesLink(base: readonly string[], target: string, isLink: (path: string) => boolean): boolean {
  const at = [...base];
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  for (const part of parts.slice(0, -1)) {
    if (part === '..') at.pop();
    else at.push(part);
    if (isLink(at.join('/'))) return true;
  }
  return false;
}
