import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EeError } from '../errors.js';
import { readNamed } from '../regular-file.js';
import type { Settings } from './settings.js';

export const SETTINGS_FILE = '.env.production';

/**
 * The settings file to use: the explicit one (relative to `cwd`), else `.env.production` in `cwd` or the nearest parent.
 * Throws SETTINGS_NOT_FOUND.
 */
export function findSettingsFile(explicit: string | undefined, cwd: string): string {
  if (explicit !== undefined) {
    const file = resolve(cwd, explicit);
    if (!existsSync(file)) throw new EeError('SETTINGS_NOT_FOUND', { looked: file });
    return file;
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, SETTINGS_FILE);
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) {
      throw new EeError('SETTINGS_NOT_FOUND', { looked: `${SETTINGS_FILE} in ${resolve(cwd)} and its parents` });
    }
  }
}

/** Refuses a folder, and a file that others can read or write: it holds every password (R11). A link is judged by its target. */
export async function assertPrivate(file: string): Promise<void> {
  const status = await stat(file);
  if (status.isDirectory()) throw new EeError('SETTINGS_NOT_A_FILE', { file });
  const { mode } = status;
  if (mode & 0o077) {
    throw new EeError('SETTINGS_READABLE_BY_OTHERS', { file, mode: (mode & 0o777).toString(8).padStart(3, '0') });
  }
}

/** Reads the whole file and gives typed settings, or throws SETTINGS_INVALID with every problem at once. */
export async function loadSettings(file: string): Promise<Settings> {
  await assertPrivate(file);
  const { parseSettings } = await import('./parse.js');
  return parseSettings((await readNamed(file, '--env-file')).toString('utf8'), file);
}
