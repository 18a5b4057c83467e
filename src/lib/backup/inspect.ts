import { dirname } from 'node:path';
import type { FilePath } from './file-name.js';
import { ApplicationContents, ArchiveContents } from './application.js';
import { DatabaseContents } from './database.js';
import { GzipCheck } from './gzip.js';
import { examineLicence } from './licence.js';
import { readOnce, type ByteSink } from './read-once.js';
import { error, warning, type FileFacts, type Note, type Problem } from './report.js';
import type { Role } from './roles.js';
import { TarScanner } from './tar-scanner.js';

/** What a PowerMTA configuration turned out to be. */
export interface ConfigFindings {
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  /** The files of the set that it includes, by their path below the set. */
  readonly included: readonly string[];
}

/** Examines a PowerMTA configuration of the set in `directory`. */
export type ExamineConfig = (bytes: Buffer, directory: string) => Promise<ConfigFindings>;

export interface InspectOptions {
  readonly now: Date;
  readonly examineConfig?: ExamineConfig | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What reading one file told. */
export interface Inspection {
  readonly bytes: number;
  readonly sha256: string;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  readonly facts?: FileFacts;
}

interface Findings {
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  readonly facts?: FileFacts;
}

/** A sink that says what it found once all bytes have passed. */
interface Examiner extends ByteSink {
  findings(): Promise<Findings>;
}

/** Licences and configurations are kept in memory; a file beyond this is neither. */
export const TEXT_LIMIT = 1024 * 1024;
/** As many faults of one configuration as fit a screen; the count tells the rest. */
const SHOWN_FAULTS = 20;

/** Reads a file of the set once, hashing it and examining what its role promises. */
export async function inspect(path: FilePath, role: Role, options: InspectOptions): Promise<Inspection> {
  const examiner = examinerFor(role, path, options);
  const read = await readOnce(path, examiner, options.signal);
  const found = await examiner?.findings();
  return {
    bytes: read.bytes,
    sha256: read.sha256,
    problems: [...read.problems, ...(found?.problems ?? [])],
    notes: found?.notes ?? [],
    ...(found?.facts === undefined ? {} : { facts: found.facts }),
  };
}

function examinerFor(role: Role, path: FilePath, options: InspectOptions): Examiner | undefined {
  switch (role) {
    case 'application':
      return tarExaminer(new ApplicationContents());
    case 'archive':
      return tarExaminer(new ArchiveContents());
    case 'database':
      return databaseExaminer();
    case 'licence':
      return textExaminer((bytes) => examineLicence(bytes, options.now));
    case 'config':
      return textExaminer((bytes) => examined(bytes, dirname(path.toString()), options.examineConfig));
    case 'include':
    case 'extraction':
    case 'unknown':
      return undefined;
  }
}

function tarExaminer(contents: ArchiveContents): Examiner {
  const scanner = new TarScanner(contents);
  const gzip = new GzipCheck((chunk) => scanner.write(chunk));
  return {
    write: (chunk) => gzip.write(chunk),
    findings: async () => {
      const fault = await gzip.end();
      // Where inflating stopped early the tar ends too early as well: that is told once, by its cause.
      const breaks = fault !== undefined && fault.code !== 'GZIP_ZERO_PADDING';
      const structure = breaks ? undefined : scanner.end();
      const problems = [fault, structure].filter((problem) => problem !== undefined);
      if (breaks || structure !== undefined) return { problems, notes: [] };
      const found = contents.findings();
      return { ...found, problems: [...problems, ...found.problems] };
    },
  };
}

function databaseExaminer(): Examiner {
  const contents = new DatabaseContents();
  const gzip = new GzipCheck((chunk) => contents.write(chunk));
  return {
    write: (chunk) => gzip.write(chunk),
    findings: async () => {
      const fault = await gzip.end();
      if (fault !== undefined) return { problems: [fault], notes: [] };
      return { ...contents.findings(), notes: [] };
    },
  };
}

function textExaminer(examine: (bytes: Buffer) => Findings | Promise<Findings>): Examiner {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    write: (chunk) => {
      bytes += chunk.length;
      if (bytes <= TEXT_LIMIT) chunks.push(Buffer.from(chunk));
    },
    findings: async () =>
      bytes > TEXT_LIMIT
        ? { problems: [error('TOO_LARGE', `${bytes} bytes are too many for this file`)], notes: [] }
        : examine(Buffer.concat(chunks)),
  };
}

async function examined(bytes: Buffer, directory: string, examine: ExamineConfig | undefined): Promise<Findings> {
  if (examine === undefined) return { problems: [], notes: [{ code: 'CONFIG_NOT_PARSED', message: 'not parsed' }] };
  const { problems, notes } = await examine(bytes, directory);
  const more = problems.length - SHOWN_FAULTS;
  if (more <= 0) return { problems, notes };
  const shown = problems.slice(0, SHOWN_FAULTS);
  const worst = problems.some(({ severity }) => severity === 'error') ? error : warning;
  return { problems: [...shown, worst('CONFIG_MORE', `and ${more} more`)], notes };
}
