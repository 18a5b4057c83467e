import { lstat } from 'node:fs/promises';
import { namesIn, pathIn, type FileName, type FilePath } from './file-name.js';
import { INNER_MANIFEST } from './manifest.js';
import { error, type Problem } from './report.js';
import { includedItem, itemNamed, type NamedItem } from './roles.js';

/** An item of the directory with what the file system says of it. */
export interface Item extends NamedItem, FileName {
  readonly path: FilePath;
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  readonly bytes: number;
}

/** The items of a set, or why it cannot be listed. */
export async function listItems(directory: string): Promise<readonly Item[] | Problem> {
  try {
    const names = await namesIn(directory);
    return await Promise.all(names.map((name) => itemAt(directory, name)));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return error('NO_DIRECTORY', `${directory} does not exist`);
    return error('NO_DIRECTORY', `${directory} cannot be listed: ${message}`);
  }
}

/** The items with those that the configuration includes, by their paths below the set, for what they are. */
export async function withIncluded(
  items: readonly Item[],
  directory: string,
  included: readonly string[],
): Promise<readonly Item[]> {
  const names = new Set(included);
  const listed = new Set(items.map(({ name }) => name));
  const deeper = [...names].filter((name) => !listed.has(name));
  return [
    ...items.map((item) => (names.has(item.name) ? includedItem(item) : item)),
    ...(await Promise.all(deeper.map(async (name) => includedItem(await itemAt(directory, { name }))))),
  ];
}

/** Whether a name is that of an item of a set, or nearly: such a file is not one that a configuration includes. */
export const isSetItem = (name: string): boolean => {
  if (name.includes('/')) return false;
  const { role, resembles } = itemNamed(name, 'file');
  return role !== 'unknown' || resembles === true || name === INNER_MANIFEST;
};

async function itemAt(directory: string, file: FileName): Promise<Item> {
  const { name } = file;
  const path = pathIn(directory, file);
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
  return { ...named, ...file, reason, path, kind, bytes: stat.isFile() ? stat.size : 0 };
}
