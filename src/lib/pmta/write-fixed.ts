import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, lstat, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EeError } from '../errors.js';

/**
 * Puts a repaired configuration in the place of the one that was read, whole or not at all, with its owner and mode, and keeps a copy
 * beside it. A symbolic link stays one: the file that it leads to is replaced. Returns the path of the copy.
 */
export async function replaceConfiguration(
  file: string,
  before: Uint8Array,
  after: Uint8Array,
  now: Date,
): Promise<string> {
  const path = await realpath(file);
  await mayReplace(file, path);
  const copy = `${path}.bak-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const { mode, uid, gid } = await stat(path);
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(after);
      await handle.chown(uid, gid);
      await handle.chmod(mode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await readFile(path)).equals(before)) throw refused(file, 'it was changed by somebody else in the meantime');
    await keepCopy(path, copy, mode, { uid, gid });
    await rename(temporary, path);
    return copy;
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause instanceof EeError
      ? cause
      : refused(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** A file that nobody may write to is meant to stay as it is, also where root could. */
async function mayReplace(file: string, path: string): Promise<void> {
  const status = await lstat(path);
  if (!status.isFile()) throw refused(file, 'it is not a file');
  if ((status.mode & 0o222) === 0) throw refused(file, 'it is read-only');
  if (status.nlink > 1) throw refused(file, 'it has another name (a hard link), which would keep the old content');
}

async function keepCopy(path: string, copy: string, mode: number, owner: { uid: number; gid: number }): Promise<void> {
  await copyFile(path, copy, constants.COPYFILE_EXCL);
  const handle = await open(copy, 'r');
  try {
    await handle.chown(owner.uid, owner.gid);
    await handle.chmod(mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refused(file: string, reason: string, cause?: unknown): EeError {
  return new EeError(
    'USAGE',
    {
      message: `${file} was not repaired: ${reason}.`,
      hint: 'Nothing was changed. `--fix --dry-run` shows what would be; `- --fix < FILE` prints it.',
    },
    { cause },
  );
}
