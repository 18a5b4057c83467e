import { lstat, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { EeError } from '../errors.js';
import { compareWithManifest, compareWithOriginal, listOriginal, type Original } from './compare.js';
import { inParallel } from './in-parallel.js';
import { inspect, type Inspection, type ParseConfig } from './inspect.js';
import { INNER_MANIFEST, readManifests, type Manifest } from './manifest.js';
import { error, statusOf, verdictOf, warning } from './report.js';
import type { FileReport, Level, Note, Problem, VerificationReport } from './report.js';
import { tryRestore } from './restore.js';
import { ambiguousRoles, itemNamed, nameShape, REQUIRED_ROLES, type NamedItem } from './roles.js';
import { trackedSecrets } from './tracked-files.js';

export interface VerifyOptions {
  /** Default `full`. */
  readonly level?: Level;
  /** The original that the set was copied from. */
  readonly against?: string | undefined;
  /** Finds the faults of a PowerMTA configuration; without it the configuration is hashed only, which is noted. */
  readonly parseConfig?: ParseConfig;
  /** Folders whose git repositories must track none of the set and no secret. */
  readonly repositoriesOf?: readonly string[];
  /** Where level `restore` unpacks. Default: the system's folder for temporary files. */
  readonly scratchDir?: string;
  /** Today, for the expiry of the licence. */
  readonly now?: Date;
}

/** An item of the directory with what the file system says of it. */
interface Item extends NamedItem {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  readonly bytes: number;
}

interface Context {
  readonly level: Level;
  readonly options: VerifyOptions;
  readonly manifests: readonly Manifest[];
  readonly original: { readonly directory: string; readonly sizes: Original } | undefined;
  readonly ambiguous: ReturnType<typeof ambiguousRoles>;
}

/**
 * Verifies a backup set: reads each of its files once, several at the same time, and writes nothing. What is wrong with the set is
 * in the report; only a comparison that cannot be made is thrown (BACKUP_ORIGINAL_UNREADABLE, USAGE).
 */
export async function verifyBackupSet(dir: string, options: VerifyOptions = {}): Promise<VerificationReport> {
  const directory = resolve(dir);
  const level = options.level ?? 'full';
  const items = await listItems(directory);
  if ('code' in items) return emptyReport(directory, level, items);
  if (items.length === 0) {
    return emptyReport(directory, level, error('EMPTY_DIRECTORY', `${directory} is empty: there is nothing to check`));
  }
  const context: Context = {
    level,
    options,
    manifests: await readManifests(directory),
    original: await originalOf(directory, options.against),
    ambiguous: ambiguousRoles(items),
  };
  const largestFirst = [...items].sort((a, b) => b.bytes - a.bytes);
  const present = await inParallel(largestFirst, availableParallelism(), (item) => reportOn(item, context));
  const files = [...present, ...missingFiles(items, context)].sort((a, b) => (a.name < b.name ? -1 : 1));
  return summarize(directory, context, files, await trackedSecrets(options.repositoriesOf ?? []));
}

async function listItems(directory: string): Promise<readonly Item[] | Problem> {
  try {
    const names = await readdir(directory);
    return await Promise.all(names.map((name) => itemAt(directory, name)));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return error('NO_DIRECTORY', `${directory} does not exist`);
    return error('NO_DIRECTORY', `${directory} cannot be listed: ${message}`);
  }
}

async function itemAt(directory: string, name: string): Promise<Item> {
  const path = join(directory, name);
  const stat = await lstat(path);
  const named = itemNamed(name, stat.isDirectory() ? 'directory' : 'file');
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'directory'
      : stat.isSymbolicLink()
        ? 'symlink'
        : 'special';
  const reason = name === INNER_MANIFEST ? 'the checksums that came with the set' : named.reason;
  return { ...named, reason, path, kind, bytes: stat.isFile() ? stat.size : 0 };
}

async function originalOf(directory: string, against: string | undefined): Promise<Context['original']> {
  if (against === undefined) return undefined;
  const original = resolve(against);
  if (original === directory) {
    throw new EeError('USAGE', {
      message: `${original} would be compared with itself, which proves nothing.`,
      hint: 'Give --against the original that the set was copied from.',
    });
  }
  return { directory: original, sizes: await listOriginal(original) };
}

async function reportOn(item: Item, context: Context): Promise<FileReport> {
  const { name, role, used, reason, date, bytes } = item;
  const base = { name, role, used, reason, date, bytes, sha256: null, problems: [], notes: [] } as const;
  if (item.kind === 'directory') return { ...base, status: 'not-read' };
  if (item.kind === 'symlink') {
    return {
      ...base,
      status: 'unreadable',
      problems: [error('SYMLINK', 'a symbolic link; the set must hold the file itself')],
    };
  }
  if (item.kind === 'special')
    return { ...base, status: 'unreadable', problems: [error('NOT_A_FILE', 'not a regular file')] };
  const listed = [...ambiguity(item, context), ...(bytes === 0 ? [error('EMPTY', 'the file is empty')] : [])];
  if (context.level === 'quick') {
    const problems = [...listed, ...(await comparisons(item, null, context))];
    return { ...base, problems, status: statusOf(problems, 'listed') };
  }
  let read: Inspection;
  try {
    read = await inspect(item.path, bytes === 0 ? 'unknown' : role, {
      now: context.options.now ?? new Date(),
      parseConfig: context.options.parseConfig,
    });
  } catch (cause) {
    const problem = error('UNREADABLE', `cannot be read: ${(cause as Error).message}`);
    return { ...base, status: 'unreadable', problems: [...listed, problem] };
  }
  const compared = await comparisons(item, read.sha256, context);
  const restored = await restoration(item, read, context);
  const problems = [...listed, ...read.problems, ...restored.problems, ...compared];
  return {
    ...base,
    bytes: read.bytes,
    sha256: read.sha256,
    status: statusOf(problems, 'ok'),
    problems,
    notes: [...read.notes, ...restored.notes],
    ...(read.facts === undefined ? {} : { facts: read.facts }),
  };
}

/** Two files for one role: an error where one of them would be used, else only to be known (R13). */
function ambiguity(item: Item, { ambiguous }: Context): readonly Problem[] {
  const names = ambiguous.get(item.role);
  if (names === undefined) return [];
  const message = `which one is the ${item.role} is not clear: ${[...names].sort().join(', ')}; keep one of them in the set`;
  return [item.used ? error('AMBIGUOUS', message) : warning('AMBIGUOUS', message)];
}

async function comparisons(item: Item, sha256: string | null, context: Context): Promise<readonly Problem[]> {
  const file = { path: item.path, name: item.name, role: item.role, bytes: item.bytes, sha256 };
  const problems: Problem[] = [];
  if (item.name !== INNER_MANIFEST) {
    for (const manifest of context.manifests) problems.push(...compareWithManifest(file, manifest));
  }
  if (context.original !== undefined) {
    problems.push(...(await compareWithOriginal(file, context.original.directory, context.original.sizes)));
  }
  return problems;
}

async function restoration(
  item: Item,
  read: Inspection,
  { level, options }: Context,
): Promise<{ problems: readonly Problem[]; notes: readonly Note[] }> {
  const sound = !read.problems.some(({ severity }) => severity === 'error');
  if (level !== 'restore' || !item.used || !sound || read.facts?.kind !== 'application')
    return { problems: [], notes: [] };
  return tryRestore(item.path, read.facts, options.scratchDir);
}

/** Files that should be there: one for each used role, and all that the manifests and the original name. */
function missingFiles(items: readonly Item[], context: Context): readonly FileReport[] {
  const present = new Set(items.map(({ name }) => name));
  const missing = new Map<string, FileReport>();
  const add = (named: NamedItem, problem: Problem): void => {
    const known = missing.get(named.name);
    if (known !== undefined) return void missing.set(named.name, { ...known, problems: [...known.problems, problem] });
    missing.set(named.name, { ...named, bytes: 0, sha256: null, status: 'missing', problems: [problem], notes: [] });
  };
  const sources = [
    ...context.manifests.map(({ file, sums }) => ({ from: file, names: [...sums.keys()] })),
    ...(context.original ? [{ from: context.original.directory, names: [...context.original.sizes.keys()] }] : []),
  ];
  for (const { from, names } of sources) {
    for (const name of names.filter((candidate) => !present.has(candidate))) {
      const named = itemNamed(name, 'file');
      const message = `${from} has it; the set does not`;
      // Another file of that role (of another date) takes its place, so that nothing used is missing.
      const replaced = items.some((item) => item.used && item.role === named.role);
      add(named, replaced ? warning('MISSING', message) : error('MISSING', message));
    }
  }
  for (const role of REQUIRED_ROLES) {
    if (items.some((item) => item.role === role) || [...missing.values()].some((file) => file.role === role)) continue;
    const { reason } = itemNamed(nameShape(role).replace('DATE', '20000101'), 'file');
    const named = { name: nameShape(role), role, date: null, used: true, reason };
    add(named, error('MISSING', `the set has no ${role}: a file named ${nameShape(role)}`));
  }
  return [...missing.values()];
}

function summarize(
  directory: string,
  context: Context,
  files: readonly FileReport[],
  tracked: readonly Problem[],
): VerificationReport {
  const expected = files.filter((file) => file.status !== 'not-read');
  const quick = context.level === 'quick';
  const checked = expected.filter((file) =>
    quick ? !['missing', 'unreadable'].includes(file.status) : file.sha256 !== null,
  );
  const dates = new Set(files.filter((file) => file.used && file.date !== null).map((file) => file.date));
  const problems: Problem[] = [...tracked, ...context.manifests.flatMap((manifest) => manifest.problems)];
  if (dates.size > 1)
    problems.push(warning('MIXED_DATES', `the used files bear different dates: ${[...dates].join(', ')}`));
  if (quick) problems.push(warning('CONTENT_NOT_READ', 'only names and sizes were looked at: no content was read'));
  if (checked.length === 0) problems.push(error('NOTHING_CHECKED', 'not one file could be checked'));
  return {
    verdict: verdictOf(files, problems, checked.length),
    level: context.level,
    directory,
    date: dates.size === 1 ? ([...dates][0] ?? null) : null,
    comparedWith: [
      ...context.manifests.map(({ file }) => file),
      ...(context.original ? [context.original.directory] : []),
    ],
    files,
    problems,
    totals: {
      expected: expected.length,
      checked: checked.length,
      bytes: quick ? 0 : checked.reduce((sum, file) => sum + file.bytes, 0),
    },
  };
}

function emptyReport(directory: string, level: Level, problem: Problem): VerificationReport {
  const totals = { expected: REQUIRED_ROLES.length, checked: 0, bytes: 0 };
  return {
    verdict: 'NOT-CHECKED',
    level,
    directory,
    date: null,
    comparedWith: [],
    files: [],
    problems: [problem],
    totals,
  };
}
