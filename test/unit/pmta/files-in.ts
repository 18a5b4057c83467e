import type { IncludeSource } from '../../../src/lib/pmta/load-configuration.js';

/** Included files from memory, by their absolute path; a path with a wildcard finds none. */
export function filesIn(files: Readonly<Record<string, string>>): IncludeSource {
  return {
    find: (path) => {
      const name = path.split('/').at(-1) ?? '';
      return Promise.resolve(files[path] === undefined ? [] : [{ path, name }]);
    },
    read: ({ path }) => Promise.resolve(Buffer.from(files[path] ?? '', 'latin1')),
  };
}
