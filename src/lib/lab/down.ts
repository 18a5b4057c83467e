import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { EeError } from '../errors.js';
import { step, type Emit } from './events.js';
import { discardHost } from './host.js';
import { clearAbandonedBuilds, purgeCache } from './layers.js';
import { withLock } from './lock.js';
import { isRunning } from './machine.js';
import { DEFAULT_LAB, DEFAULT_STORE, LAB_HOSTS, hostPlace, labPlace, type LabPlace, type LabStore } from './names.js';
import { networkIsUp, removeNetwork } from './network.js';
import { layersInUse, unmountBelow } from './overlay.js';
import { assertLabPossible } from './requirements.js';
import { releaseMachine } from './state.js';

export interface LabDownOptions {
  readonly name?: string;
  readonly store?: LabStore;
  /** Removes the cached root file systems, layers and packages too. */
  readonly purgeCache?: boolean;
}

export interface LabDownResult {
  readonly name: string;
  /** False when there was nothing of this lab. */
  readonly removed: boolean;
}

/**
 * Takes a lab away: machines shut down, layers unmounted, bridge and nft table gone, folder removed. It goes by what is found on
 * this machine, so that it clears after an interrupted `up` as well, and a lab that is not there is no error.
 */
export async function labDown(options: LabDownOptions, emit: Emit): Promise<LabDownResult> {
  const lab = labPlace(options.name ?? DEFAULT_LAB, options.store ?? DEFAULT_STORE);
  await assertLabPossible();
  const removed = await withLock(lab.folder, async () => {
    const there = await leftovers(lab);
    if (there) await step(emit, { step: `removing the lab "${lab.name}"` }, () => remove(lab));
    return there;
  });
  await releaseMachine(lab.store);
  await clearAbandonedBuilds(lab.store);
  if (options.purgeCache) await purge(lab.store);
  return { name: lab.name, removed };
}

/** Whether anything of a lab is on this machine. */
async function leftovers(lab: LabPlace): Promise<boolean> {
  if (existsSync(lab.folder) || networkIsUp(lab)) return true;
  const running = await Promise.all(LAB_HOSTS.map((host) => isRunning(hostPlace(lab, host))));
  return running.includes(true);
}

async function remove(lab: LabPlace): Promise<void> {
  const results = await Promise.allSettled(LAB_HOSTS.map((host) => discardHost(lab, host)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  await removeNetwork(lab);
  await unmountBelow(lab.folder);
  await rm(lab.folder, { recursive: true, force: true });
}

async function purge(store: LabStore): Promise<void> {
  if (await layersInUse(store.cache)) throw new EeError('LAB_CACHE_IN_USE', { cache: store.cache });
  await purgeCache(store);
}
