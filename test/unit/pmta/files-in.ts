import type { IncludeSource } from '../../../src/lib/pmta/load-configuration.js';

/** Included files from memory, by their absolute path; a path with a wildcard finds none. */
export function filesIn(files: Readonly<Record<string, string>>): IncludeSource {
  return {
    find: (path) => {
      const text = files[path];
      const name = path.split('/').at(-1) ?? '';
      return Promise.resolve(text === undefined ? [] : [{ path, name, bytes: Buffer.from(text, 'latin1') }]);
    },
  };
}
