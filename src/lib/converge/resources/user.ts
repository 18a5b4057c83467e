import { quote } from '../../ssh/shell-quote.js';
import type { Resource } from '../resource.js';

/** A system user without a login, with a group of its own name. `home` need not exist. */
export function systemUser(name: string, home: string): Resource {
  return {
    id: `user:${name}`,
    // 2: there is none. Any other status is no answer.
    probe: `getent passwd ${quote(name)} || [ $? -eq 2 ]`,
    diff(output) {
      if (output.toString('utf8').trim() !== '') return undefined;
      return {
        action: 'create',
        summary: `add the system user ${name}`,
        script: `useradd --system --user-group --home-dir ${quote(home)} --no-create-home --shell /usr/sbin/nologin ${quote(name)}`,
      };
    },
  };
}
