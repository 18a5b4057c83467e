import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EeError } from '../errors.js';

/** Writes a configuration for its owner alone (mode 0600), since it holds a password; the file is replaced whole or not at all. */
export async function writeConfiguration(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EeError(
      'USAGE',
      { message: `${path} cannot be written: ${reason}.`, hint: 'Name a file in a folder that you can write to.' },
      { cause },
    );
  }
}
