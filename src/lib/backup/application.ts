import { MemberSafety, plainPath, type MemberLimits } from './member-safety.js';
import { error, warning, type ApplicationFacts, type ArchiveFacts, type Note, type Problem } from './report.js';
import type { TarMember, TarVisitor } from './tar-scanner.js';

const ENTRY = 'apps/init.php';
const ENTRY_LIMIT = 256 * 1024;
/** The names of MailWizz have some 2 MB together, and those of its uploads no more than ten times that. Beyond this none is kept. */
const NAMES_LIMIT = 32 * 1024 * 1024;

/** Configuration of the running system that was backed up, relative to the root; the vendor's template in `data/` is none. */
const OVERRIDE = /^apps\/([^/]+\/config\/main-custom|init-custom|([^/]+\/)*performance-levels-custom)\.php$/;
const STRAY = /(^|\/)\.git\/|\.(sql|zip)$|\.sql\.gz$/;
/** Shipped by the application itself, to create its tables. */
const SHIPPED_SQL = /^apps\/common\/data\//;

/** What is told of an archive once it was read to its end. */
export interface ArchiveFindings<Facts> {
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  readonly facts?: Facts;
}

/** Counts what an archive unpacks to and judges its members. */
export class ArchiveContents implements TarVisitor {
  protected readonly safety: MemberSafety;
  protected files = 0;
  protected unpackedBytes = 0;

  constructor(limits?: MemberLimits) {
    this.safety = new MemberSafety(limits);
  }

  member(member: TarMember): number {
    this.take(member);
    return 0;
  }

  /** Judges and counts a member; false when it is beyond the limits. */
  protected take(member: TarMember): boolean {
    const accepted = this.safety.add(member);
    if (member.kind === 'file') {
      this.files++;
      this.unpackedBytes += member.size;
    }
    return accepted;
  }

  findings(): ArchiveFindings<ApplicationFacts | ArchiveFacts> {
    const facts: ArchiveFacts = { kind: 'archive', files: this.files, unpackedBytes: this.unpackedBytes };
    return { problems: this.safety.problems(), notes: [], facts };
  }
}

/** Finds MailWizz in an archive: its version, where it lies, and what of the old system came along. */
export class ApplicationContents extends ArchiveContents {
  readonly #names: string[] = [];
  /** tar finds them by the same spelling. */
  readonly #hardlinkTargets: string[] = [];
  #nameBytes = 0;
  readonly #entries: { name: string; version: string | undefined }[] = [];

  override member(member: TarMember): number {
    if (!this.take(member) || !this.#hasRoomFor(member)) return 0;
    if (member.kind === 'file' || member.kind === 'symlink' || member.kind === 'hardlink')
      this.#names.push(member.name);
    if (member.kind === 'hardlink') this.#hardlinkTargets.push(member.linkTarget);
    return member.kind === 'file' && isEntry(member.name) ? ENTRY_LIMIT : 0;
  }

  #hasRoomFor({ name, linkTarget }: TarMember): boolean {
    this.#nameBytes += name.length + linkTarget.length;
    return this.#nameBytes <= NAMES_LIMIT;
  }

  content(member: TarMember, content: Buffer): void {
    if (member.kind === 'file' && isEntry(member.name)) {
      this.#entries.push({ name: member.name, version: versionIn(content.toString('latin1')) });
    }
  }

  override findings(): ArchiveFindings<ApplicationFacts> {
    if (this.#nameBytes > NAMES_LIMIT) {
      const message = `the names of its members have more than ${NAMES_LIMIT / 1024 ** 2} MiB: this is not MailWizz`;
      return { problems: [error('BOMB_NAMES', message), ...this.safety.problems()], notes: [] };
    }
    const entry = this.#entry();
    if ('problem' in entry) return { problems: [entry.problem, ...this.safety.problems()], notes: [] };
    const root = entry.name.slice(0, -ENTRY.length);
    const problems: Problem[] = [...this.safety.problems(plainPath(root))];
    if (entry.version === undefined) {
      problems.push(error('NO_VERSION', `${entry.name} defines no MW_VERSION: this is not MailWizz`));
    }
    const inside = this.#names
      .filter((name) => name.startsWith(root))
      .map((name) => plainPath(name.slice(root.length)));
    problems.push(...this.#notUnder(root));
    const facts: ApplicationFacts = {
      kind: 'application',
      version: entry.version ?? '',
      root,
      stripDepth: root.split('/').filter((part) => part !== '').length,
      hasInstaller: inside.some((path) => path.startsWith('install/')),
      overrides: inside.filter((path) => OVERRIDE.test(path)),
      files: this.files,
      unpackedBytes: this.unpackedBytes,
    };
    return { problems, notes: notesOn(facts, inside), facts };
  }

  /** What is left out where the root alone is unpacked, by the name that its entry gives it. */
  #notUnder(root: string): Problem[] {
    const plainRoot = plainPath(root);
    const isOfRoot = (name: string): boolean => plainRoot === '' || plainPath(name).startsWith(`${plainRoot}/`);
    const shownRoot = JSON.stringify(root);
    const problems: Problem[] = [];
    const respelled = [...this.#names, ...this.#hardlinkTargets].filter(
      (name) => !name.startsWith(root) && isOfRoot(name),
    );
    if (respelled.length > 0) {
      const message = `${respelled.length} files of ${shownRoot} spell that folder in another way and would be lost`;
      const remedy = 'pack the archive again, in one go';
      problems.push(error('ROOT_SPELLED_TWICE', `${message}, such as ${JSON.stringify(respelled[0])}: ${remedy}`));
    }
    const outside = this.#names.filter((name) => !name.startsWith(root) && !isOfRoot(name));
    if (outside.length > 0) {
      const message = `${outside.length} files are not under ${shownRoot} and are not unpacked`;
      problems.push(warning('MEMBERS_OUTSIDE_ROOT', `${message}, such as ${JSON.stringify(outside[0])}`));
    }
    return problems;
  }

  /** The one `apps/init.php` nearest to the root of the archive; of a vendor's release, the one that is whole. */
  #entry(): { name: string; version: string | undefined } | { problem: Problem } {
    const depth = (name: string): number => plainPath(name).split('/').length;
    const least = this.#entries.reduce((lowest, { name }) => Math.min(lowest, depth(name)), Infinity);
    const nearest = this.#entries.filter(({ name }) => depth(name) === least);
    const [first, second] = nearest;
    if (first === undefined) return { problem: error('NOT_MAILWIZZ', `no member is ${ENTRY}: this is not MailWizz`) };
    if (second === undefined) return first;
    const problem = error('AMBIGUOUS_ROOT', `two applications side by side: ${first.name} and ${second.name}`);
    return wholeOf(nearest) ?? { problem };
  }
}

/** A release of the vendor has the application twice: to install it, and without its installer, to copy over an older one. */
function wholeOf<T extends { readonly name: string }>(entries: readonly T[]): T | undefined {
  const whole = entries.find(({ name }) => WHOLE.test(name));
  const update = whole?.name.replace(WHOLE, `$1update/${ENTRY}`);
  return entries.length === 2 && entries.some(({ name }) => name === update) ? whole : undefined;
}

const WHOLE = /(^|\/)latest\/apps\/init\.php$/;

const isEntry = (name: string): boolean => name === ENTRY || name.endsWith(`/${ENTRY}`);

/** The value of MW_VERSION in PHP source. */
function versionIn(source: string): string | undefined {
  return /define\s*\(\s*(['"])MW_VERSION\1\s*,\s*(['"])([0-9][\w.+-]{0,30})\2\s*\)/.exec(source)?.[3];
}

function notesOn(facts: ApplicationFacts, inside: readonly string[]): readonly Note[] {
  const notes: Note[] = [];
  if (facts.overrides.length > 0) {
    notes.push({
      code: 'STALE_CONFIG',
      message: `${facts.overrides.join(', ')}: configuration of the old system, with its passwords; moved aside before PHP runs. Treat those passwords as known to others.`,
    });
  }
  if (!facts.hasInstaller) {
    notes.push({
      code: 'NO_INSTALLER',
      message: 'no install/ directory: set MAILWIZZ_INSTALL_DIR, or install without the wizard',
    });
  }
  const stray = inside.filter((path) => STRAY.test(path) && !SHIPPED_SQL.test(path));
  if (stray.length > 0) {
    notes.push({
      code: 'STRAY_FILES',
      message: `${stray.length} files that do not belong into a web root, such as ${stray[0] ?? ''}`,
    });
  }
  return notes;
}
