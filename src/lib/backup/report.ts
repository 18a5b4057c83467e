import type { Role } from './roles.js';

/** How much is done: names and sizes; every byte; every byte and a trial unpacking. */
export const LEVELS = ['quick', 'full', 'restore'] as const;
export type Level = (typeof LEVELS)[number];

export type Verdict = 'VERIFIED' | 'DEGRADED' | 'CORRUPT' | 'NOT-CHECKED';

/** A fault. An error spoils what it is found in; a warning is to be known before relying on it. */
export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** Something worth knowing that is no fault: it never changes the verdict. */
export interface Note {
  readonly code: string;
  readonly message: string;
}

/** What the application archive turned out to hold. */
export interface ApplicationFacts {
  readonly kind: 'application';
  /** `MW_VERSION` of `apps/init.php`. */
  readonly version: string;
  /** The folder in the archive that becomes the web root, as its members spell it: `./var/www/mailwizz/`; may be empty. */
  readonly root: string;
  /** Leading components of member names to drop when unpacking; a leading `.` counts as one. */
  readonly stripDepth: number;
  /** Whether the web installer (`install/`) is in the archive. */
  readonly hasInstaller: boolean;
  /** Configuration of the previous system, relative to the root. It must not be served. */
  readonly overrides: readonly string[];
  /** Regular files and their bytes, unpacked. */
  readonly files: number;
  readonly unpackedBytes: number;
}

/** What may be shown of a licence. Nothing else of it ever leaves the file. */
export interface LicenceFacts {
  readonly kind: 'licence';
  readonly product: string;
  readonly version: string | null;
  readonly platform: string | null;
  /** A word such as `perpetual`, or a date as the file writes it. */
  readonly expires: string;
}

export interface DatabaseFacts {
  readonly kind: 'database';
  readonly unpackedBytes: number;
  /** Whether the dump program wrote its last line. */
  readonly complete: boolean;
}

export interface ArchiveFacts {
  readonly kind: 'archive';
  readonly files: number;
  readonly unpackedBytes: number;
}

export type FileFacts = ApplicationFacts | LicenceFacts | DatabaseFacts | ArchiveFacts;

/**
 * `ok`: read to its last byte and sound. `listed`: only its name and size were looked at. `not-read`: not a file of the set.
 * `warning` and `bad`: read, with problems. `missing` and `unreadable`: not read.
 */
export type FileStatus = 'ok' | 'listed' | 'not-read' | 'warning' | 'bad' | 'missing' | 'unreadable';

export interface FileReport {
  readonly name: string;
  readonly role: Role;
  /** Whether a deployment takes it. */
  readonly used: boolean;
  /** Why it is used or not. */
  readonly reason: string;
  /** The date in its name, as written there. */
  readonly date: string | null;
  readonly bytes: number;
  /** Hex; null when the content was not read. */
  readonly sha256: string | null;
  readonly status: FileStatus;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  readonly facts?: FileFacts;
}

/** The result of `ee verify`: stable in JSON. */
export interface VerificationReport {
  readonly verdict: Verdict;
  readonly level: Level;
  /** Absolute path of the set. */
  readonly directory: string;
  /** The date of the used files when they agree on one. */
  readonly date: string | null;
  /** What the set was compared with. */
  readonly comparedWith: readonly string[];
  readonly files: readonly FileReport[];
  /** Problems of the set as a whole. */
  readonly problems: readonly Problem[];
  readonly totals: {
    /** Files that should be there and be looked at. */
    readonly expected: number;
    /** Files read to the end; at level quick, files whose name and size were looked at. */
    readonly checked: number;
    /** Bytes read from the set. */
    readonly bytes: number;
  };
}

export const error = (code: string, message: string): Problem => ({ code, severity: 'error', message });
export const warning = (code: string, message: string): Problem => ({ code, severity: 'warning', message });

/** The status of a file whose content was looked at. */
export function statusOf(problems: readonly Problem[], otherwise: FileStatus): FileStatus {
  if (problems.some(({ severity }) => severity === 'error')) return 'bad';
  return problems.length > 0 ? 'warning' : otherwise;
}

/**
 * An error in a used file or in the set itself spoils the set; any other problem degrades it: what is deployed is sound, yet
 * not everything is as it should be. Where nothing was checked there is no verdict to give.
 */
export function verdictOf(files: readonly FileReport[], problems: readonly Problem[], checked: number): Verdict {
  if (checked === 0) return 'NOT-CHECKED';
  const spoilt = (problem: Problem): boolean => problem.severity === 'error';
  if (problems.some(spoilt) || files.some((file) => file.used && file.problems.some(spoilt))) return 'CORRUPT';
  return problems.length > 0 || files.some((file) => file.problems.length > 0) ? 'DEGRADED' : 'VERIFIED';
}
