import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { step, type Emit } from './events.js';
import { killAndRemove } from './cgroup.js';
import { BASE_PACKAGES, buildBase, buildMachine, buildPackages } from './layer-recipes.js';
import { ifUnlocked, waitingFor, withLock } from './lock.js';
import { SUITES, digest, type LabHostName, type LabStore, type Suite } from './names.js';
import { unmountBelow } from './overlay.js';
import { processesUsing, signal } from './process.js';

/** To be raised when a layer made by an older version would no longer do. */
const RECIPE = 1;

/** What tells a base from one made otherwise. */
export function baseKey(suite: Suite): string {
  return `${suite}-${digest([RECIPE, suite, ...BASE_PACKAGES].join(' '), 12)}`;
}

/** What tells a layer of packages from another: its base and the packages, in whatever order they were named. */
export function packagesKey(suite: Suite, packages: readonly string[]): string {
  const wanted = [...new Set(packages)].sort();
  return `${suite}-packages-${digest([baseKey(suite), ...wanted].join(' '), 12)}`;
}

/** The read-only root file system of a release, built when the cache has none. Returns its folder. */
export function ensureBase(store: LabStore, suite: Suite, emit: Emit): Promise<string> {
  return ensureLayer(store, baseKey(suite), emit, `building the root file system of Debian ${suite}`, (folder) =>
    buildBase(suite, folder),
  );
}

/** A read-only layer with a host's packages installed, over its base. Returns the layers, the topmost first. */
export async function ensurePackages(
  store: LabStore,
  host: LabHostName,
  packages: readonly string[],
  emit: Emit,
): Promise<string[]> {
  const suite = SUITES[host];
  const base = await ensureBase(store, suite, emit);
  if (packages.length === 0) return [base];
  const build = (folder: string): Promise<void> => buildPackages(store, suite, base, packages, folder);
  const about = `installing ${packages.length} packages of ${host} into a layer`;
  return [await ensureLayer(store, packagesKey(suite, packages), emit, about, build), base];
}

/**
 * A folder of the cache is complete or it is not there: it is built under another name and renamed at the end. Only one process
 * builds; what a killed one left is cleared away first.
 */
async function ensureLayer(
  store: LabStore,
  key: string,
  emit: Emit,
  about: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const layer = layerFolder(store, key);
  if (existsSync(layer)) return layer;
  const wait = (seconds: number): void => emit({ kind: 'note', text: waitingFor(`Another run is ${about}`, seconds) });
  return withLock(
    layer,
    async () => {
      if (existsSync(layer)) return layer;
      const building = join(buildingFolder(store), key);
      await clear(building);
      await mkdir(dirname(layer), { recursive: true });
      await mkdir(building, { recursive: true });
      await step(emit, { step: about }, () => build(building));
      await rename(join(building, 'layer'), layer);
      await clear(building);
      return layer;
    },
    wait,
  );
}

const layerFolder = (store: LabStore, key: string): string => join(store.cache, 'layers', key);
const buildingFolder = (store: LabStore): string => join(store.cache, 'building');

/** Clears every build away that nobody works on any more. */
export async function clearAbandonedBuilds(store: LabStore): Promise<void> {
  const folder = buildingFolder(store);
  for (const key of await readdir(folder).catch(() => [])) {
    await ifUnlocked(layerFolder(store, key), () => clear(join(folder, key)));
  }
}

/** Ends and removes what an interrupted build left behind. */
async function clear(building: string): Promise<void> {
  if (!existsSync(building)) return;
  await killAndRemove(buildMachine(building), 10);
  for (const pid of await processesUsing(building)) signal(pid, 'SIGKILL');
  await unmountBelow(building);
  await rm(building, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes every cached layer and package. The caller makes sure that no lab uses them. */
export async function purgeCache(store: LabStore): Promise<void> {
  await clearAbandonedBuilds(store);
  await rm(store.cache, { recursive: true, force: true });
}
