import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { EeError } from '../errors.js';
import { compareWithManifest, compareWithOriginal, listOriginal, type Original } from './compare.js';
import { inParallel } from './in-parallel.js';
import { inspect, TEXT_LIMIT, type ExamineConfig, type Inspection } from './inspect.js';
import { INNER_MANIFEST, readManifests, type Manifest } from './manifest.js';
import { missingFiles, type Expectation } from './missing-files.js';
import { readOnce } from './read-once.js';
import { error, statusOf, verdictOf, warning } from './report.js';
import type { FileReport, Level, Note, Problem, VerificationReport } from './report.js';
import { tryRestore } from './restore.js';
import { ambiguousRoles, nameShape, REQUIRED_ROLES } from './roles.js';
import { listItems, withIncluded, type Item } from './set-items.js';
import { trackedSecrets } from './tracked-files.js';

export interface VerifyOptions {
  /** Default `full`. */
  readonly level?: Level;
  /** The original that the set was copied from. */
  readonly against?: string | undefined;
  /** Examines the PowerMTA configuration; without it the configuration is hashed only, which is noted. */
  readonly examineConfig?: ExamineConfig;
  /** Folders whose git repositories must track none of the set and no secret. */
  readonly repositoriesOf?: readonly string[];
  /** Where level `restore` unpacks. Default: the system's folder for temporary files. */
  readonly scratchDir?: string;
  /** Today, for the expiry of the licence. */
  readonly now?: Date;
  /** Stops the reading; what was unpacked on trial is removed. */
  readonly signal?: AbortSignal;
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
  const listed = await listItems(directory);
  if ('code' in listed) return emptyReport(directory, level, listed);
  const items = await withIncluded(listed, directory, await includedBy(listed, directory, options));
  if (items.length === 0) {
    return emptyReport(directory, level, error('EMPTY_DIRECTORY', `${directory} is empty: there is nothing to check`));
  }
  const manifests = await readManifests(directory);
  if (manifests.length === 0 && items.every(isForeign)) return emptyReport(directory, level, notASet(directory, items));
  const context: Context = {
    level,
    options,
    manifests,
    original: await originalOf(directory, options.against),
    ambiguous: ambiguousRoles(items),
  };
  const largestFirst = [...items].sort((a, b) => b.bytes - a.bytes);
  const present = await inParallel(largestFirst, availableParallelism(), (item) => reportOn(item, context));
  const files = [...present, ...missingFiles(items, expectationsOf(context))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  return summarize(directory, context, files, await trackedSecrets(options.repositoriesOf ?? []));
}

/** The files that the configuration of a set includes, where there is one configuration and it can be read. */
async function includedBy(
  items: readonly Item[],
  directory: string,
  { examineConfig, signal }: VerifyOptions,
): Promise<readonly string[]> {
  const [config, second] = items.filter(({ role, kind }) => role === 'config' && kind === 'file');
  if (!config || second || !examineConfig || config.bytes > TEXT_LIMIT) return [];
  const chunks: Buffer[] = [];
  const sink = { write: (chunk: Buffer) => void chunks.push(Buffer.from(chunk)) };
  // What keeps it from being read is told where all files are read.
  const read = await readOnce(config.path, sink, signal).catch(() => undefined);
  return read ? (await examineConfig(Buffer.concat(chunks), directory)).included : [];
}

/** Whether an item has nothing to do with a backup set; a file with nearly the right name has. */
const isForeign = ({ role, resembles }: Item): boolean => role === 'unknown' && !resembles;

function notASet(directory: string, items: readonly Item[]): Problem {
  const shapes = REQUIRED_ROLES.map(nameShape).join(', ');
  const count = items.length === 1 ? 'its one item is not' : `none of its ${items.length} items is`;
  return error('NOT_A_SET', `This does not look like a backup set: ${directory} — ${count} named like ${shapes}.`);
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

const NOT_UTF8: Note = {
  code: 'NAME_NOT_UTF8',
  message: 'its name is not UTF-8; it is shown, and written into a manifest, as Latin-1',
};

async function reportOn(item: Item, context: Context): Promise<FileReport> {
  const { name, role, used, reason, date, bytes } = item;
  const named: readonly Note[] = item.spelled === undefined ? [] : [NOT_UTF8];
  const base = { name, role, used, reason, date, bytes, sha256: null, problems: [], notes: named } as const;
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
  const listed = [
    ...ambiguity(item, context),
    ...(bytes === 0 && role !== 'include' ? [error('EMPTY', 'the file is empty')] : []),
  ];
  if (context.level === 'quick') {
    const problems = [...listed, ...(await comparisons(item, null, context))];
    return { ...base, problems, status: statusOf(problems, 'listed') };
  }
  let read: Inspection;
  try {
    read = await inspect(item.path, bytes === 0 ? 'unknown' : role, {
      now: context.options.now ?? new Date(),
      examineConfig: context.options.examineConfig,
      signal: context.options.signal,
    });
  } catch (cause) {
    context.options.signal?.throwIfAborted();
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
    notes: [...named, ...read.notes, ...restored.notes],
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
  const file = { ...item, sha256 };
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
  return tryRestore(item.path, read.facts, options);
}

/** What the manifests and the original name. */
function expectationsOf({ manifests, original }: Context): readonly Expectation[] {
  const sources = manifests.map(({ file, sums }) => ({ from: file, names: [...sums.keys()] }));
  return original ? [...sources, { from: original.directory, names: [...original.sizes.keys()] }] : sources;
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
  const dates = new Set(files.flatMap(({ used, date }) => (used && date !== null ? [dayOf(date)] : [])));
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

/** `20260216`, whatever stands between its parts and after it. */
const dayOf = (date: string): string => date.replace(/-/g, '').slice(0, 8);
