import { chmod, copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabStore, Suite } from './names.js';

/** Where apt keeps the packages that it downloaded. */
const ARCHIVES = 'var/cache/apt/archives';
const ARCHIVES_AND_ABOVE = ['var', 'var/cache', 'var/cache/apt', ARCHIVES] as const;

/**
 * Packages that hosts have downloaded, kept by release. They are linked into a host's layer before it starts, so that apt finds
 * them where it would have put them itself; apt checks each against the index, so a wrong one is only downloaded again.
 */
const poolFolder = (store: LabStore, suite: Suite): string => join(store.cache, 'packages', suite);

/** Gives a layer all packages of the pool. */
export async function fillFromPool(store: LabStore, suite: Suite, layer: string): Promise<void> {
  // These folders cover those of the layer below, so they must be as open as they are there, whatever the umask.
  for (const folder of ARCHIVES_AND_ABOVE) {
    await mkdir(join(layer, folder), { recursive: true });
    await chmod(join(layer, folder), 0o755);
  }
  await carry(poolFolder(store, suite), join(layer, ARCHIVES));
}

/** Takes into the pool what a layer's host has downloaded. */
export async function takeIntoPool(store: LabStore, suite: Suite, layer: string): Promise<void> {
  await carry(join(layer, ARCHIVES), poolFolder(store, suite));
}

/** Removes the downloaded packages from a layer. */
export async function emptyArchives(layer: string): Promise<void> {
  const folder = join(layer, ARCHIVES);
  for (const name of await packagesIn(folder)) await rm(join(folder, name));
}

async function carry(from: string, to: string): Promise<void> {
  const names = await packagesIn(from);
  if (names.length === 0) return;
  await mkdir(to, { recursive: true });
  const there = new Set(await packagesIn(to));
  for (const name of names) if (!there.has(name)) await linkOrCopy(join(from, name), join(to, name));
}

/** A second name for the same bytes; on another file system a copy. Neither apt nor the lab ever writes into a package file. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'EXDEV' && code !== 'EMLINK') throw error;
    await copyFile(from, `${to}.part`);
    await rename(`${to}.part`, to);
  }
}

async function packagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.deb')).map((entry) => entry.name);
}
