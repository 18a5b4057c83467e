import { randomBytes } from 'node:crypto';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EeError } from './errors.js';
import { systemReason } from './system-reason.js';

/** What a device refuses that takes no more, or fails: the name is right, and the work is not done. */
const DEVICE_FAILURES = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'];

/**
 * Writes the file that an operator named with --out. A file of that name is replaced whole or not at all; anything else that is there,
 * a link included, is refused: who writes through a link, or in the place of a device, writes elsewhere than he thinks.
 * `mode` is 0o600 where the content is a secret, and less what the umask takes away. Throws USAGE, or
 * OUTPUT_FILE_NOT_WRITTEN where the disk is full or fails.
 */
export async function writeOutput(path: string, content: string | Uint8Array, mode: 0o600 | 0o644): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mayReplace(path);
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined); // where there is no such folder, there is nothing to remove
    if (cause instanceof Error && 'code' in cause && DEVICE_FAILURES.includes(String(cause.code)))
      throw new EeError('OUTPUT_FILE_NOT_WRITTEN', { path, reason: systemReason(cause) }, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EeError(
      'USAGE',
      {
        message: `${path} cannot be written: ${reason}.`,
        hint: 'Name a file with --out, in a folder that you can write to. What is there was left as it is.',
      },
      { cause },
    );
  }
}

async function mayReplace(path: string): Promise<void> {
  const there = await lstat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there === undefined || there.isFile()) return;
  if (there.isSymbolicLink()) throw new Error('it is a link, and what it leads to would not be replaced');
  throw new Error(there.isDirectory() ? 'it is a folder' : 'it is no ordinary file');
}
