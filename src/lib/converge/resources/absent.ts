import { quote } from '../../ssh/shell-quote.js';
import type { Handler, Resource } from '../resource.js';

interface AbsentWanted {
  readonly path: string;
  /**
   * The package that brings the file along. While it is not installed, the file is to be removed although it is not there
   * yet: so the plan of a bare host lists what the run will do.
   */
  readonly cameWith?: string;
  readonly notifies?: readonly Handler[];
}

/** A file or link that must not be there. It is moved to the backups, not destroyed. */
export function absent({ path, cameWith, notifies }: AbsentWanted): Resource {
  const toCome = cameWith ? `dpkg -s ${quote(cameWith)} >/dev/null 2>&1 || echo to-come` : ':';
  return {
    id: `absent:${path}`,
    probe: `if [ -e ${quote(path)} ] || [ -L ${quote(path)} ]; then echo present; else ${toCome}; fi`,
    diff(output) {
      if (output.toString('utf8').trim() === '') return undefined;
      return { action: 'remove', summary: `remove ${path}`, script: `ee_keep ${quote(path)}\nrm -f ${quote(path)}` };
    },
    ...(notifies ? { notifies } : {}),
  };
}
