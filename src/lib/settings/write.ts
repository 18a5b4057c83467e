import { randomBytes } from 'node:crypto';
import { lstat, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EeError } from '../errors.js';
import { readNamed } from '../regular-file.js';
import { createPrivateFile } from '../private-file.js';
import { problemsOf } from './parse.js';
import { renderProblem } from './problem.js';

/** Writes the file as a whole, or replaces the one that `exists`. Throws SETTINGS_INVALID, and writes nothing, unless all of it is valid. */
export async function saveSettings(file: string, text: string, { exists }: { exists: boolean }): Promise<void> {
  const problems = problemsOf(text);
  if (problems.length > 0) throw new EeError('SETTINGS_INVALID', { file, problems: problems.map(renderProblem) });
  await (exists ? replaceSettingsFile(file, text) : createSettingsFile(file, text));
}

/**
 * Refuses a file that does not exist and cannot be made either: in a folder that is none, or behind a link that leads
 * nowhere. Asked before the operator answers questions.
 */
export async function assertCreatable(file: string): Promise<void> {
  if ((await lstat(file).catch(() => undefined))?.isSymbolicLink()) {
    throw new EeError('USAGE', {
      message: `${file} is a link to ${await readlink(file)}, which does not exist.`,
      hint: 'Remove the link, or make what it leads to; then run `ee init` again.',
    });
  }
  const folder = dirname(file);
  const isFolder = await stat(folder).then(
    (status) => status.isDirectory(),
    () => undefined,
  );
  if (isFolder === true) return;
  const reason = `${folder} ${isFolder === undefined ? 'does not exist' : 'is not a folder'}`;
  throw new EeError('SETTINGS_NOT_WRITTEN', { file, reason, folder });
}

/** Writes a settings file that does not exist yet, with mode 0600. Throws when one has appeared since it was looked for. */
export async function createSettingsFile(file: string, text: string): Promise<void> {
  await assertCreatable(file);
  if (await created(file, text)) return;
  throw new EeError('USAGE', {
    message: `${file} has been written by somebody else in the meantime.`,
    hint: 'Run `ee init` again: it completes that file.',
  });
}

async function created(file: string, text: string): Promise<boolean> {
  try {
    return await createPrivateFile(file, text);
  } catch (error) {
    // Its own words are about SECRETS_DIR.
    const reason = error instanceof EeError && error.cause instanceof Error ? error.cause.message : String(error);
    throw new EeError('SETTINGS_NOT_WRITTEN', { file, reason }, { cause: error });
  }
}

/**
 * Replaces a settings file as a whole, mode 0600: the old text or the new one is there at every moment, never a part.
 * A link stays a link; the file that it points to is replaced. One that says `text` already is not touched.
 */
export async function replaceSettingsFile(file: string, text: string): Promise<void> {
  const target = await realpath(file);
  if ((await readNamed(target, '--env-file')).toString('utf8') === text) return;
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new EeError('SETTINGS_NOT_WRITTEN', { file, reason }, { cause: error });
  }
}
