/** Kilobytes that must stay free on every file system that is written to. */
const MARGIN = 100 * 1024;

/** A folder and the kilobytes that will be written below it. */
export interface Need {
  readonly path: string;
  readonly kilobytes: number;
}

/** The file system of a folder. */
export interface FileSystem {
  readonly path: string;
  readonly device: string;
  readonly freeKilobytes: number;
}

/** A file system on which it would not fit; megabytes. */
export interface Shortage {
  /** Folders on it that are written to. */
  readonly paths: readonly string[];
  readonly free: number;
  readonly needed: number;
}

/** Where it does not fit. Folders of one file system share what is free there. */
export function shortages(needs: readonly Need[], systems: readonly FileSystem[]): Shortage[] {
  const byDevice = new Map<string, { paths: string[]; free: number; needed: number }>();
  for (const { path, kilobytes } of needs) {
    const system = systems.find((one) => one.path === path);
    if (!system) throw new Error(`its file system was not asked for: ${path}`);
    const seen = byDevice.get(system.device) ?? { paths: [], free: system.freeKilobytes, needed: MARGIN };
    if (!seen.paths.includes(path)) seen.paths.push(path);
    seen.needed += kilobytes;
    byDevice.set(system.device, seen);
  }
  return [...byDevice.values()]
    .filter(({ free, needed }) => free < needed)
    .map(({ paths, free, needed }) => ({ paths, free: Math.floor(free / 1024), needed: Math.ceil(needed / 1024) }));
}
