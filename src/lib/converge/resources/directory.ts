import { EeError } from '../../errors.js';
import { quote } from '../../ssh/shell-quote.js';
import type { Resource } from '../resource.js';

/** A folder with its owner (`user:group`, default root) and mode (four octal digits). Its contents are not touched. */
export function directory(path: string, mode: string, owner = 'root:root'): Resource {
  return {
    id: `directory:${path}`,
    probe: `p=${quote(path)}\nif [ ! -e "$p" ] && [ ! -L "$p" ]; then echo absent; else stat -c '%F|%a|%U:%G' "$p"; fi`,
    diff(output) {
      const seen = output.toString('utf8').trim();
      const make = `mkdir -p ${quote(path)}\nee_own ${quote(owner)} ${mode} ${quote(path)}`;
      if (seen === 'absent') return { action: 'create', summary: `make ${path}`, script: make };
      const [type = '', seenMode = '', seenOwner = ''] = seen.split('|');
      if (type !== 'directory') throw new EeError('NOT_A_FILE', { path, type });
      const was = `${seenOwner} ${seenMode.padStart(4, '0')}`;
      if (was === `${owner} ${mode}`) return undefined;
      return { action: 'update', summary: `${path}: ${was} → ${owner} ${mode}`, script: make };
    },
  };
}
