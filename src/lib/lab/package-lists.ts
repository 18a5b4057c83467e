import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import type { HostName } from '../settings/settings.js';

/** The Debian packages that `ee lab up --from packages` has in place, for each host. */
export async function labPackages(): Promise<Readonly<Record<HostName, readonly string[]>>> {
  const text = await readFile(join(packageRoot(), 'assets/lab/packages.json'), 'utf8');
  return JSON.parse(text) as Record<HostName, string[]>;
}
