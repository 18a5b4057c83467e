import { EeError } from '../../errors.js';
import { quote } from '../../ssh/shell-quote.js';
import type { Resource } from '../resource.js';

/**
 * A folder that a package brings, in which root makes files: nobody else may write to it. Its group, and who may read and enter, stay as they
 * are; what is in it is not touched.
 */
export function writtenByRoot(path: string): Resource {
  return {
    id: `written-by-root:${path}`,
    probe: `p=${quote(path)}\nif [ ! -e "$p" ] && [ ! -L "$p" ]; then echo absent; else stat -c '%F|%a|%U|%G' "$p"; fi`,
    diff(output) {
      const seen = output.toString('utf8').trim();
      if (seen === 'absent') return undefined;
      const [type = '', mode = '', owner = '', group = ''] = seen.split('|');
      if (type !== 'directory') throw new EeError('NOT_A_FILE', { path, type });
      const was = mode.padStart(4, '0');
      const wanted = (parseInt(mode, 8) & ~0o022).toString(8).padStart(4, '0');
      if (owner === 'root' && was === wanted) return undefined;
      return {
        action: 'update',
        summary: `${path}: ${owner}:${group} ${was} → root:${group} ${wanted}, so that root alone writes to it`,
        script: `ee_own ${quote(`root:${group}`)} ${wanted} ${quote(path)}`,
      };
    },
  };
}
