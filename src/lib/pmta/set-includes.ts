import { join, posix, relative } from 'node:path';
import { includesBelow } from './include-folder.js';
import type { FoundFile, IncludeSource } from './load-configuration.js';

/** Where the configuration of a backup set lay on its host: relative paths of includes start there. */
export const CONFIGURATION_PATH = '/etc/pmta/config';
const FOLDER = posix.dirname(CONFIGURATION_PATH);

/**
 * Included files of a backup set. /etc/pmta/isps/gmail is looked for below the set as etc/pmta/isps/gmail, then as isps/gmail, and
 * then beside the configuration as gmail; a path with wildcards only in the first two ways, since it could stand for other files
 * there. Files for which `isItem` holds are items of the set itself and are never included.
 */
export async function includesInSet(dir: string, isItem: (name: string) => boolean): Promise<IncludeSource> {
  const below = await includesBelow(dir, (found) => !isItem(posix.relative('/', found)));
  const pathOf = new Map<string, string>();
  /** The files at a path below the set. One file does not stand for two of the host. */
  const find = async (at: string, onHost: (found: string) => string): ReturnType<IncludeSource['find']> => {
    const found = await below.find(at);
    if ('refused' in found) return found;
    const files = found.map((file): FoundFile => ({
      ...file,
      path: onHost(file.path),
      name: relative(dir, file.name),
    }));
    for (const { name, path } of files) {
      const other = pathOf.get(name) ?? path;
      if (other !== path)
        return { refused: `and ${other} would both be ${name} of the set: put each below it by its path` };
      pathOf.set(name, path);
    }
    return files;
  };
  return {
    find: async (path) => {
      for (const [at, onHost] of placesOf(path)) {
        const found = await find(at, onHost);
        if ('refused' in found || found.length > 0) return found;
      }
      return [];
    },
    read: ({ path, name }) => below.read({ path, name: join(dir, name) }),
  };
}

/** Where a path of the host may be below the set, and what a file that is found there was called on the host. */
function* placesOf(path: string): Generator<[at: string, onHost: (found: string) => string]> {
  yield [path, (found) => found];
  const inFolder = posix.relative(FOLDER, path);
  if (inFolder !== '' && !inFolder.startsWith('..')) yield [`/${inFolder}`, (found) => posix.join(FOLDER, found)];
  if (!/[*?]/.test(path)) yield [`/${posix.basename(path)}`, () => path];
}
