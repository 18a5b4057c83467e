import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from '../../backup/inspect.js';
import { isZip, repackZip, ZipUnreadable } from '../../backup/zip.js';
import { EeError } from '../../errors.js';
import { NotRegularFile } from '../../regular-file.js';

/** A release of the application in a .tar.gz on this machine: whole, safe to unpack, and of one version. */
export interface Release {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** `MW_VERSION`. */
  readonly version: string;
  /** The folder that becomes the web root, as its members spell it. */
  readonly root: string;
  readonly stripDepth: number;
  readonly unpackedBytes: number;
}

/**
 * Reads an archive once, every byte and member of it, and hands it over. A vendor's .zip is packed anew before, in a folder that is gone
 * when this returns. Throws MAILWIZZ_RELEASE_UNFIT for what is no whole and safe release.
 */
export async function withRelease<T>(
  given: string,
  signal: AbortSignal,
  use: (release: Release) => Promise<T>,
): Promise<T> {
  const path = resolve(given);
  if (!(await isZip(path).catch((error: unknown) => unfit(path, error))))
    return use(await readRelease(path, path, signal));
  const folder = await mkdtemp(join(tmpdir(), 'ee-release-'));
  try {
    const packed = join(folder, 'release.tar.gz');
    await repackZip(path, packed, signal).catch((error: unknown) => unfit(path, error));
    return await use(await readRelease(packed, path, signal));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readRelease(path: string, given: string, signal: AbortSignal): Promise<Release> {
  const { bytes, sha256, problems, facts } = await inspect(path, 'application', { now: new Date(), signal }).catch(
    (error: unknown) => unfit(given, error),
  );
  const faults = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (facts?.kind !== 'application' || faults.length > 0) {
    throw new EeError('MAILWIZZ_RELEASE_UNFIT', {
      path: given,
      problems: faults.length > 0 ? faults : ['it is not MailWizz'],
    });
  }
  const { version, root, stripDepth, unpackedBytes } = facts;
  return { path, bytes, sha256, version, root, stripDepth, unpackedBytes };
}

/** What cannot be read is told; what is no fault of the archive goes on. */
function unfit(path: string, error: unknown): never {
  const cannotBeRead =
    error instanceof ZipUnreadable || error instanceof NotRegularFile || (error instanceof Error && 'syscall' in error);
  if (!cannotBeRead) throw error;
  const problem = 'code' in error && typeof error.code === 'string' ? NOT_READ[error.code] : undefined;
  throw new EeError('MAILWIZZ_RELEASE_UNFIT', { path, problems: [problem ?? error.message] }, { cause: error });
}

/** The common ones in plain words. */
const NOT_READ: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder, not an archive',
  EACCES: 'this user may not read it',
};
