import { basename } from 'node:path';
import { error, warning, type Problem } from './report.js';

const EXAMPLES = 5;

/** The vendor's tree has thousands of files under `apps/`; anything much smaller is no copy of it. */
const TREE_FILES = 500;

interface Forbidden {
  readonly what: string;
  readonly matches: (path: string, name: string) => boolean;
}

/** What must never be in version control (R123), told by path and name. A template that is named as an example is fine. */
const FORBIDDEN: readonly Forbidden[] = [
  {
    what: 'settings with secrets',
    matches: (_, name) => /^\.env(\..+)?$/.test(name) && !/\.(example|sample|template|dist)$/.test(name),
  },
  { what: 'private keys', matches: (_, name) => /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$|.\.(pem|key|ppk)$/.test(name) },
  {
    what: 'licences',
    matches: (path, name) => /^pmta-licen[sc]e/.test(name) || /(^|\/)pmta\/license$/.test(path),
  },
  {
    what: 'archives and dumps',
    matches: (_, name) => /^(mailwizz|mailapp|backup)-.*\.(tar\.gz|tgz|zip)$|\.sql\.gz$/.test(name),
  },
  { what: 'packages', matches: (_, name) => /.\.(deb|rpm)$/.test(name) },
  {
    what: 'configurations of MailWizz',
    // The vendor's own template of that name lies under apps/common/data/.
    matches: (path, name) => name === 'main-custom.php' && !/(^|\/)apps\/common\/data\//.test(path),
  },
];

/** More folders called apps than any repository has, in all and on the way to one file; what comes after them is not counted. */
const MOST_FOLDERS = 10_000;
const MOST_LEVELS = 20;

/** Judges the paths that a repository tracks as they come. Of each kind the count and the first few are kept. */
class TrackedPaths {
  readonly #found = FORBIDDEN.map((kind) => ({ ...kind, paths: new Few() }));
  /** By the path of a folder `apps/`. */
  readonly #folders = new Map<string, { files: number; hasEntry: boolean }>();

  add(path: string): void {
    const name = basename(path);
    for (const { matches, paths } of this.#found) if (matches(path, name)) paths.add(path);
    let level = 0;
    for (const { 0: apps, index } of path.matchAll(/(?<![^/])apps\//g)) {
      if (++level > MOST_LEVELS) break;
      const folder = path.slice(0, index + apps.length);
      const known = this.#folders.get(folder) ?? { files: 0, hasEntry: false };
      known.files++;
      known.hasEntry ||= path.length === folder.length + ENTRY.length && path.endsWith(ENTRY);
      if (this.#folders.size < MOST_FOLDERS) this.#folders.set(folder, known);
    }
  }

  problems(repository: string): readonly Problem[] {
    const problems = this.#found.flatMap(({ what, paths }) => paths.problem(repository, what));
    const trees = new Few();
    for (const [folder, { files, hasEntry }] of this.#folders)
      if (hasEntry && files >= TREE_FILES) trees.add(`${folder}${ENTRY}`);
    return [...problems, ...trees.problem(repository, 'sources of MailWizz')];
  }
}

const ENTRY = 'init.php';

/** How many paths there are, and the first of them. */
class Few {
  readonly #first: string[] = [];
  #count = 0;

  add(path: string): void {
    this.#count++;
    if (this.#first.length < EXAMPLES) this.#first.push(path);
  }

  problem(repository: string, what: string): Problem[] {
    const more = this.#count - this.#first.length;
    const shown = `${this.#first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const message = `${what} are tracked by git in ${repository}: ${shown}. Take them out of its history and change what they reveal`;
    return this.#count === 0 ? [] : [error('TRACKED_BY_GIT', message)];
  }
}

/** Judges the paths that a repository tracks. */
export function judgeTracked(repository: string, paths: Iterable<string>): readonly Problem[] {
  const tracked = new TrackedPaths();
  for (const path of paths) tracked.add(path);
  return tracked.problems(repository);
}

/** What the repositories around the given folders track and must not. Nothing where git or a repository is missing. */
export async function trackedSecrets(folders: readonly string[]): Promise<readonly Problem[]> {
  const repositories = new Set<string>();
  for (const folder of folders) {
    const top = await git(folder, ['rev-parse', '--show-toplevel']);
    if (top !== undefined) repositories.add(top.trim());
  }
  const problems: Problem[] = [];
  for (const repository of repositories) {
    problems.push(...(await trackedIn(repository)));
  }
  return problems;
}

/** Judges the list of git while it comes: it may be longer than what fits into memory. */
async function trackedIn(repository: string): Promise<readonly Problem[]> {
  const { execa } = await import('execa');
  const listing = execa('git', ['-C', repository, 'ls-files', '-z'], {
    reject: false,
    stdin: 'ignore',
    buffer: false,
    timeout: 30_000,
  });
  const tracked = new TrackedPaths();
  let rest = '';
  listing.stdout.setEncoding('utf8');
  for await (const chunk of listing.stdout as AsyncIterable<string>) {
    const paths = `${rest}${chunk}`.split('\0');
    rest = paths.pop() ?? '';
    for (const path of paths) tracked.add(path);
  }
  const { exitCode } = await listing;
  const unknown = `what git tracks in ${repository} could not be listed: whether secrets are among it is not known`;
  return exitCode === 0 ? tracked.problems(repository) : [warning('TRACKED_UNKNOWN', unknown)];
}

async function git(folder: string, args: readonly string[]): Promise<string | undefined> {
  const { execa } = await import('execa');
  const result = await execa('git', ['-C', folder, ...args], {
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    timeout: 30_000,
  });
  return result.exitCode === 0 ? result.stdout : undefined;
}
