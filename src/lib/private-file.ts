import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { link, mkdir, open, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EeError } from './errors.js';
import { openRegular } from './regular-file.js';

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

/** A private file as it was read. */
export interface PrivateFile {
  readonly content: Buffer;
  /** When it was last written. */
  readonly written: Date;
}

/** Reads a private file of text; undefined when there is none. One that other users can read is refused. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  return (await readPrivateBytes(path))?.content.toString('utf8');
}

/** The same for any bytes, with the time when they were written. */
export async function readPrivateBytes(path: string): Promise<PrivateFile | undefined> {
  try {
    const file = await openRegular(path);
    try {
      const status = await file.stat();
      assertPrivate(path, status);
      return { content: await file.readFile(), written: status.mtime };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error instanceof EeError ? error : unusable(path, 'read', error);
  }
}

/**
 * Keeps the first `length` bytes of a private file, which is made where there is none, and writes `text` behind them. It is on the disk
 * afterwards; where that fails, nothing but those bytes is left.
 */
export async function extendPrivateFile(path: string, length: number, text: string): Promise<void> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o600);
    try {
      assertPrivate(path, await file.stat());
      await file.truncate(length);
      const bytes = Buffer.from(text);
      try {
        const { bytesWritten } = await file.write(bytes, 0, bytes.length, length);
        if (bytesWritten < bytes.length) throw new Error('the disk took only a part of it');
        await file.sync();
      } catch (error) {
        await file.truncate(length);
        throw error;
      }
    } finally {
      await file.close();
    }
    if (length === 0) await syncFolder(dirname(path));
  } catch (error) {
    throw error instanceof EeError ? error : unusable(path, 'written', error);
  }
}

/** Removes a private file for good; one that is not there is no failure. */
export async function removePrivateFile(path: string): Promise<void> {
  try {
    await unlink(path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw unusable(path, 'removed', error);
  }
}

function assertPrivate(path: string, status: Stats): void {
  if (status.isDirectory()) throw unusable(path, 'read', Object.assign(new Error(), { code: 'EISDIR' }));
  if (!status.isFile()) throw new EeError('SECRET_FILE_UNUSABLE', { file: path, action: 'read', reason: 'not a file' });
  const mode = status.mode & 0o777;
  if (mode & 0o077) throw new EeError('SECRET_FILE_OPEN', { file: path, mode: octal(mode) });
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

/** What a system error means for a private file, and what to do about it where that is not the disk or its owner. */
const REASONS: Readonly<Record<string, { readonly reason: string; readonly next?: string }>> = {
  EISDIR: { reason: 'it is a folder', next: 'Move that folder away, or correct SECRETS_DIR.' },
  ENOTDIR: { reason: 'a folder of its path is a file', next: 'Move that file away, or correct SECRETS_DIR.' },
  EEXIST: { reason: 'a file is in the place of a folder', next: 'Move that file away, or correct SECRETS_DIR.' },
  ELOOP: { reason: 'it is a symbolic link that leads to itself', next: 'Remove that link, or correct SECRETS_DIR.' },
  EACCES: { reason: 'this user may not' },
  EPERM: { reason: 'this user may not' },
  EROFS: { reason: 'its file system is read-only' },
  ENOSPC: { reason: 'the disk is full' },
  EDQUOT: { reason: 'the quota of this user is used up' },
  EIO: { reason: 'the disk fails' },
};

/** The failure of a system call on a private file or folder, in words. */
export function unusable(file: string, action: string, cause: unknown): EeError {
  const known = REASONS[String(codeOf(cause))];
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EeError('SECRET_FILE_UNUSABLE', { file, action, ...(known ?? { reason }) }, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}
