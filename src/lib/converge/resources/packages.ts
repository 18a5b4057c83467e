import { quote } from '../../ssh/shell-quote.js';
import type { Resource } from '../resource.js';
import { aptInstall, policyLeftBehind, removePolicy } from './apt.js';

/** Debian packages that must be installed, in whatever version the host's archive has. `label` names the group in the plan. */
export function packages(label: string, names: readonly string[]): Resource {
  return {
    id: `packages:${label}`,
    probe: [
      `dpkg-query -W -f '\${db:Status-Status} \${Package}\\n' ${names.map(quote).join(' ')} 2>/dev/null || :`,
      `! ${policyLeftBehind} || echo policy left-behind`,
    ].join('\n'),
    diff(output) {
      const lines = output.toString('utf8').split('\n');
      const installed = new Set(lines.filter((line) => line.startsWith('installed ')).map((line) => line.slice(10)));
      const missing = names.filter((name) => !installed.has(name));
      if (missing.length > 0) {
        return {
          action: 'create',
          summary: `install ${missing.join(', ')}`,
          script: aptInstall(missing.map(quote).join(' ')),
          isPackageStep: true,
        };
      }
      if (!lines.includes('policy left-behind')) return undefined;
      return { action: 'remove', summary: 'remove the leftover of a cut installation', script: removePolicy };
    },
  };
}
