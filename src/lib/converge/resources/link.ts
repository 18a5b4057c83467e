import { quote } from '../../ssh/shell-quote.js';
import type { Handler, Resource } from '../resource.js';

/** A symbolic link and where it points. */
export function link(path: string, to: string, notifies: readonly Handler[] = []): Resource {
  return {
    id: `link:${path}`,
    probe: `readlink ${quote(path)} || :`,
    diff(output) {
      const seen = output.toString('utf8').trim();
      if (seen === to) return undefined;
      return {
        action: seen ? 'update' : 'create',
        summary: `point ${path} to ${to}`,
        script: [
          `ee_keep ${quote(path)}`,
          `rm -f ${quote(`${path}.ee-new`)}`,
          `ln -sT ${quote(to)} ${quote(`${path}.ee-new`)}`,
          `mv -fT ${quote(`${path}.ee-new`)} ${quote(path)}`,
        ].join('\n'),
      };
    },
    notifies,
  };
}
