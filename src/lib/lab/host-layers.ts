import { EeError } from '../errors.js';
import type { HostName } from '../settings/settings.js';
import type { Emit } from './events.js';
import { ensureBase, ensurePackages } from './layers.js';
import { SUITES, type LabHostName, type LabPlace } from './names.js';
import type { HostRecord, LabRecord, Origin } from './state.js';
import { each } from './together.js';
import { WORLD_PACKAGES } from './world/world-files.js';

/** What hosts are made from. */
export interface HostOrigins {
  readonly from?: Origin;
  readonly reset?: boolean;
  readonly packages: Readonly<Record<HostName, readonly string[]>>;
}

/** The layers of each host: those that it was made on, or the ones of the wanted origin, built where the cache lacks them. */
export async function makeLayers(
  lab: LabPlace,
  hosts: readonly LabHostName[],
  options: HostOrigins,
  { hosts: present }: LabRecord,
  emit: Emit,
): Promise<Partial<Record<LabHostName, HostRecord>>> {
  const fresh = hosts.filter((host) => options.reset || !present[host]);
  for (const host of hosts) {
    const made = present[host]?.from;
    if (host === 'world' || fresh.includes(host) || options.from === undefined || made === options.from) continue;
    throw new EeError('LAB_MADE_OTHERWISE', {
      lab: lab.name,
      host,
      made: `from ${made}`,
      asked: `from ${options.from}`,
    });
  }
  await each([...new Set(fresh.map((host) => SUITES[host]))], (suite) => ensureBase(lab.store, suite, emit));
  const layers = await each(fresh, async (host) => {
    const from = host === 'world' ? 'packages' : (options.from ?? 'bare');
    const packages = host === 'world' ? WORLD_PACKAGES : from === 'packages' ? options.packages[host] : [];
    return [host, { from, layers: await ensurePackages(lab.store, host, packages, emit) }] as const;
  });
  return Object.fromEntries(layers);
}
