import { randomBytes } from 'node:crypto';
import { link, mkdir, open, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EeError } from './errors.js';

/*
 * Files that only their owner may read: private keys under SECRETS_DIR. They appear whole or not at all, and never in place
 * of another: a key that is lost takes a published DNS record or a pinned certificate with it.
 */

/** Makes the folder (mode 0700) and its parents. One that others can write to is refused: they could swap the keys in it. */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(folder, 'made', error);
  }
  const mode = (await stat(folder)).mode & 0o777;
  if (mode & 0o022) throw new EeError('SECRETS_FOLDER_OPEN', { folder, mode: octal(mode) });
}

/**
 * Writes a new file with mode 0600. Returns false, and changes nothing, when something of that name exists.
 * The content is on the disk before the name appears, so an interrupted run leaves no half of a key.
 */
export async function createPrivateFile(path: string, content: string): Promise<boolean> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeThrough(temporary, content);
    try {
      await link(temporary, path); // unlike rename, link never replaces
      await syncFolder(dirname(path));
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
  } catch (error) {
    throw unusable(path, 'written', error);
  }
}

/** Reads a private file; undefined when there is none. One that other users can read is refused. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const status = await file.stat();
      if (!status.isFile())
        throw new EeError('SECRET_FILE_UNUSABLE', { file: path, action: 'read', reason: 'not a file' });
      const mode = status.mode & 0o777;
      if (mode & 0o077) throw new EeError('SECRET_FILE_OPEN', { file: path, mode: octal(mode) });
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error instanceof EeError ? error : unusable(path, 'read', error);
  }
}

/** Creates the file, or refuses it if it exists; its bytes are on the disk afterwards. */
async function writeThrough(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unusable(file: string, action: string, cause: unknown): EeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EeError('SECRET_FILE_UNUSABLE', { file, action, reason }, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}
