import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, posix, relative, sep } from 'node:path';
import { EeError } from '../errors.js';
import { readRegularFile } from './read-configuration.js';
import type { IncludeSource } from './load-configuration.js';
import { wildcard } from './wildcard.js';

/**
 * Included files below a folder that stands for the root of a host: /etc/pmta/more is ROOT/etc/pmta/more. Nothing outside of it is read,
 * whatever the paths and the symbolic links in it say, and nothing that `accepts` turns down by its path below the root. Throws where
 * the root is no folder.
 */
export async function includesBelow(
  root: string,
  accepts: (found: string) => boolean = () => true,
): Promise<IncludeSource> {
  const status = await stat(root).catch(() => undefined);
  if (!status?.isDirectory()) {
    throw new EeError('USAGE', {
      message: `${root} ${status ? 'is no folder' : 'does not exist'}: no includes can be followed below it.`,
      hint: 'Name with --root the folder that stands for the root of the host: the one with etc/pmta in it.',
    });
  }
  return {
    find: async (path) => {
      const matches = await expand(root, posix.normalize(path));
      if (!matches) return { refused: `stands for more than ${MOST_PATHS} files, not followed` };
      return matches.filter(accepts).map((found) => ({ path: found, name: join(root, found) }));
    },
    read: async ({ name }) => {
      if (!(await isBelow(root, name))) return { refused: `leads out of ${root}, not followed` };
      return readRegularFile(name).catch(() => ({ refused: `(${name}) cannot be read, not followed` }));
    },
  };
}

/** More files than any configuration is made of; links in a tree can make it endlessly many. */
const MOST_PATHS = 1_000;

/** The existing paths below the root that a path with wildcards (`*`, `?`) matches, in the order of their names; undefined for too many. */
async function expand(root: string, path: string): Promise<string[] | undefined> {
  let found = ['/'];
  for (const segment of path.split('/').filter((part) => part !== '')) {
    const fits = wildcard(segment);
    const next: string[] = [];
    for (const folder of found) {
      const names = await readdir(join(root, folder)).catch(() => []);
      for (const name of names.sort())
        // As in a shell, a wildcard does not stand for the dot of a hidden file.
        if (name === segment || (fits(name) && !name.startsWith('.'))) next.push(posix.join(folder, name));
      if (next.length > MOST_PATHS) return undefined;
    }
    found = next;
  }
  return found;
}

async function isBelow(root: string, path: string): Promise<boolean> {
  try {
    const [real, base] = await Promise.all([realpath(path), realpath(root)]);
    const way = relative(base, real);
    return way !== '..' && !way.startsWith(`..${sep}`);
  } catch {
    return false;
  }
}

/** Where a file that is checked lies on its host: below the root where it is there, else in /etc/pmta. */
export async function placeBelow(root: string, file: string): Promise<string> {
  if (!(await isBelow(root, file))) return posix.join('/etc/pmta', basename(file));
  return posix.join(
    '/',
    relative(await realpath(root), await realpath(file))
      .split(sep)
      .join('/'),
  );
}
