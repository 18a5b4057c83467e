import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { readRegular } from '../regular-file.js';
import { namesIn, pathIn, type FileName, type FilePath } from './file-name.js';
import type { Manifest } from './manifest.js';
import { readOnce } from './read-once.js';
import { error, warning, type Problem } from './report.js';
import type { Role } from './roles.js';

/** The regular files of the original and their sizes. */
export type Original = ReadonlyMap<string, number>;

/** Lists the original that a set was copied from. */
export async function listOriginal(directory: string): Promise<Original> {
  const sizes = new Map<string, number>();
  try {
    for (const file of await namesIn(directory)) {
      const stat = await lstat(pathIn(directory, file));
      if (stat.isFile()) sizes.set(file.name, stat.size);
    }
  } catch (cause) {
    throw new EeError('BACKUP_ORIGINAL_UNREADABLE', { directory, reason: (cause as Error).message }, { cause });
  }
  return sizes;
}

/** What is compared of a file: its hash is null where its content was not read. */
export interface Compared extends FileName {
  readonly path: FilePath;
  readonly role: Role;
  readonly bytes: number;
  readonly sha256: string | null;
}

/** How a file differs from the original it was copied from. */
export async function compareWithOriginal(
  file: Compared,
  directory: string,
  original: Original,
): Promise<readonly Problem[]> {
  const size = original.get(file.name) ?? (await sizeBelow(directory, file.name));
  if (size === undefined) return [warning('NOT_IN_ORIGINAL', `${directory} has no such file`)];
  const source = pathIn(directory, file);
  if (size !== file.bytes) {
    if (file.sha256 !== null && (await sameButForLineEnds(file, source))) return [lineEnds(directory)];
    const how = file.bytes < size ? 'shorter' : 'longer';
    return [error('DIFFERS_FROM_ORIGINAL', `${file.bytes} bytes, ${how} than the original's ${size} in ${directory}`)];
  }
  if (file.sha256 === null) return [];
  const read = await readOnce(source).catch((cause: unknown) => (cause as Error).message);
  if (typeof read === 'string') return [error('ORIGINAL_UNREADABLE', `the original cannot be read: ${read}`)];
  if (read.sha256 === file.sha256) return [];
  return [error('DIFFERS_FROM_ORIGINAL', `same size, other content than the original in ${directory}`)];
}

/** The size of a file in a folder of the original; undefined where there is none. */
async function sizeBelow(directory: string, name: string): Promise<number | undefined> {
  if (!name.includes('/')) return undefined;
  const found = await lstat(join(directory, name)).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** How a file differs from what the manifest says. */
export function compareWithManifest(file: Compared, { file: manifest, sums }: Manifest): readonly Problem[] {
  const sum = sums.get(file.name);
  if (sum === undefined) return [warning('NOT_IN_MANIFEST', `${manifest} does not name it`)];
  if (file.sha256 === null || file.sha256 === sum) return [];
  return [error('DIFFERS_FROM_MANIFEST', `its SHA-256 is not the one in ${manifest}: it was changed since`)];
}

const lineEnds = (directory: string): Problem =>
  warning('LINE_ENDS_DIFFER', `the text of the original in ${directory}, with other line ends`);

/** A licence or configuration that went through a text editor or a transfer in text mode is still the same text. */
async function sameButForLineEnds(file: Compared, source: FilePath): Promise<boolean> {
  if (file.role !== 'licence' && file.role !== 'config') return false;
  const [ours, theirs] = await Promise.all([textHash(file.path), textHash(source)]);
  return ours === theirs;
}

async function textHash(path: FilePath): Promise<string> {
  const text = (await readRegular(path)).toString('latin1').replace(/\r\n/g, '\n');
  return createHash('sha256').update(text, 'latin1').digest('hex');
}
