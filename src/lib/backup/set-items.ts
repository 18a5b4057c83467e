import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { INNER_MANIFEST } from './manifest.js';
import { error, type Problem } from './report.js';
import { itemNamed, type NamedItem } from './roles.js';

/** An item of the directory with what the file system says of it. */
export interface Item extends NamedItem {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  readonly bytes: number;
}

/** The items of a set, or why it cannot be listed. */
export async function listItems(directory: string): Promise<readonly Item[] | Problem> {
  try {
    const names = await readdir(directory);
    return await Promise.all(names.map((name) => itemAt(directory, name)));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return error('NO_DIRECTORY', `${directory} does not exist`);
    return error('NO_DIRECTORY', `${directory} cannot be listed: ${message}`);
  }
}

async function itemAt(directory: string, name: string): Promise<Item> {
  const path = join(directory, name);
  const stat = await lstat(path);
  const named = itemNamed(name, stat.isDirectory() ? 'directory' : 'file');
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'directory'
      : stat.isSymbolicLink()
        ? 'symlink'
        : 'special';
  const reason = name === INNER_MANIFEST ? 'the checksums that came with the set' : named.reason;
  return { ...named, reason, path, kind, bytes: stat.isFile() ? stat.size : 0 };
}
