import { join } from 'node:path';
import { EeError } from '../errors.js';
import { printableName } from '../printable.js';
import type { ApplicationFacts, FileReport, VerificationReport } from './report.js';
import type { RequiredRole } from './roles.js';

/** A verified file of the set: what is sent must have this hash. */
export interface UsedFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface UsedApplication extends UsedFile {
  /** `MW_VERSION`. */
  readonly version: string;
  /** For `tar --strip-components`. */
  readonly stripDepth: number;
  /** The folder that becomes the web root, as its members spell it. */
  readonly root: string;
  readonly hasInstaller: boolean;
  /** Configuration of the old system in it, relative to the root. */
  readonly overrides: readonly string[];
}

export interface UsedFiles {
  readonly application: UsedApplication;
  readonly licence: UsedFile;
  readonly config: UsedFile;
}

/** The files that a deployment takes, from a set whose content was found sound. Throws BACKUP_UNUSABLE for any other. */
export function usedFiles(report: VerificationReport): UsedFiles {
  if (report.verdict !== 'VERIFIED' && report.verdict !== 'DEGRADED') throw unusable(report, problemLines(report));
  if (report.level === 'quick') throw unusable(report, ['only names and sizes were looked at']);
  const application = theOne(report, 'application');
  const facts = application.facts;
  if (facts?.kind !== 'application') throw unusable(report, [`${application.name} was not recognized`]);
  return {
    application: { ...usedFile(report, application), ...pick(facts) },
    licence: usedFile(report, theOne(report, 'licence')),
    config: usedFile(report, theOne(report, 'config')),
  };
}

const pick = ({
  version,
  stripDepth,
  root,
  hasInstaller,
  overrides,
}: ApplicationFacts): Omit<UsedApplication, keyof UsedFile> => ({
  version,
  stripDepth,
  root,
  hasInstaller,
  overrides,
});

function theOne(report: VerificationReport, role: RequiredRole): FileReport {
  const [file, second] = report.files.filter((candidate) => candidate.role === role && candidate.used);
  if (file === undefined || second !== undefined) throw unusable(report, [`it has not exactly one ${role}`]);
  return file;
}

function usedFile(report: VerificationReport, { name, bytes, sha256 }: FileReport): UsedFile {
  if (sha256 === null) throw unusable(report, [`${name} was not read`]);
  return { path: join(report.directory, name), bytes, sha256 };
}

/** The errors that make the set unusable: its own, and those of files that are used. */
function problemLines(report: VerificationReport): readonly string[] {
  const spoilt = report.files.flatMap((file) =>
    file.used ? file.problems.filter(isError).map(({ message }) => `${file.name}: ${message}`) : [],
  );
  // Names of files and members stay on their line, whatever is in them.
  return [...report.problems.filter(isError).map(({ message }) => message), ...spoilt].map(printableName);
}

const isError = ({ severity }: { severity: string }): boolean => severity === 'error';

function unusable(report: VerificationReport, problems: readonly string[]): EeError {
  return new EeError('BACKUP_UNUSABLE', { directory: report.directory, verdict: report.verdict, problems });
}
