import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import type { HostPlace } from './names.js';
import { run } from './process.js';

/** The folders of an overlay. `lower` lists the read-only layers, the topmost first. */
export interface Overlay {
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly root: string;
}

/** Mounts an overlay. What is mounted already is left alone. */
export async function mountOverlay({ lower, upper, work, root }: Overlay): Promise<void> {
  if (await isMounted(root)) return;
  // The kernel refuses a work folder that a `volatile` mount has used; it holds nothing that outlives the mount.
  await rm(work, { recursive: true, force: true });
  for (const folder of [upper, work, root]) await mkdir(folder, { recursive: true });
  // The upper folder is what the host sees as `/`: with a stricter umask its services could not even enter it.
  await chmod(upper, 0o755);
  // `volatile` spares every fsync of the host: a power cut of a lab host never takes this machine's page cache with it.
  const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work},volatile`;
  await run('mount', ['-t', 'overlay', 'overlay', '-o', options, root], { step: `mounting ${root}` });
}

/** Unmounts everything at or below a folder, the deepest first. */
export async function unmountBelow(folder: string): Promise<void> {
  const points = (await mountPoints()).filter((point) => point === folder || point.startsWith(`${folder}/`));
  for (const point of points.reverse()) await run('umount', [point], { step: `unmounting ${point}` });
}

export async function isMounted(folder: string): Promise<boolean> {
  return (await mountPoints()).includes(folder);
}

/** Whether any mounted overlay uses a folder as a layer. */
export async function layersInUse(below: string): Promise<boolean> {
  return (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .some((line) => line.includes(`=${below}/`) || line.includes(`:${below}/`));
}

/** Mount points in the order in which they were mounted. Field 5 of mountinfo, with spaces written as octal escapes. */
async function mountPoints(): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).trim().split('\n');
  return lines.map((line) =>
    (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
  );
}

/** The overlay of a host over the given read-only layers. */
export function hostOverlay(place: HostPlace, lower: readonly string[]): Overlay {
  return { lower, upper: place.upper, work: place.work, root: place.root };
}
