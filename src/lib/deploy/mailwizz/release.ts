import { resolve } from 'node:path';
import { inspect } from '../../backup/inspect.js';
import { EeError } from '../../errors.js';

/** A release of the application in an archive on this machine: whole, safe to unpack, and of one version. */
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

/** Reads the archive once, every byte and member of it. Refuses what is no whole and safe release. */
export async function readRelease(given: string, signal: AbortSignal): Promise<Release> {
  const path = resolve(given);
  const { bytes, sha256, problems, facts } = await read(path, signal);
  const faults = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (facts?.kind !== 'application' || faults.length > 0) {
    throw new EeError('MAILWIZZ_RELEASE_UNFIT', {
      path,
      problems: faults.length > 0 ? faults : ['it is not MailWizz'],
    });
  }
  const { version, root, stripDepth, unpackedBytes } = facts;
  return { path, bytes, sha256, version, root, stripDepth, unpackedBytes };
}

async function read(path: string, signal: AbortSignal): ReturnType<typeof inspect> {
  try {
    return await inspect(path, 'application', { now: new Date(), signal });
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new EeError('MAILWIZZ_RELEASE_UNFIT', { path, problems: [error.message] }, { cause: error });
  }
}
