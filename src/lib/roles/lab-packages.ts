import type { HostName } from '../settings/settings.js';
import { ACCOUNTING_PACKAGES } from './accounting.js';
import { baselinePackages } from './baseline.js';
import { ENGINE_PACKAGES } from './engine.js';
import { mailwizzPackages } from './mailwizz.js';

/** The Debian packages that a deployment installs on the hosts of a lab, for a lab that starts with them in place. */
export function labPackages(): Record<HostName, readonly string[]> {
  const base = baselinePackages({ container: true });
  return {
    vps1: [...base, ...mailwizzPackages('8.2')],
    // Beyond the role's own: what the stand-in for PowerMTA depends on.
    vps2: [...base, ...ACCOUNTING_PACKAGES, 'python3', 'python3-dkim', 'python3-dnspython', 'adduser'],
    vps3: [...base, ...ENGINE_PACKAGES],
  };
}
