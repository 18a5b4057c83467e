import { existsSync } from 'node:fs';
import { readFile, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { signal, until } from './process.js';

/** The trees that systemd manages: version 1 and 2 side by side, or version 2 alone. Others are none of the lab's business. */
const TREES = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'] as const;

/**
 * Gives a machine a cgroup of its own before nspawn starts. nspawn puts the payload into a child of the group that it runs in:
 * two machines in one group would take each other's processes for theirs and never see a service end. And the group is how the
 * machine's processes are found again, whatever became of nspawn.
 */
const ENTER = `for tree in ${TREES.join(' ')}; do
  [ -w "$tree/cgroup.procs" ] || continue
  mkdir -p "$tree/ee-lab/$1"
  echo $$ > "$tree/ee-lab/$1/cgroup.procs"
done
shift
exec "$@"
`;

/** The arguments of `sh` that run a command in the machine's own group. */
export function inOwnGroup(machine: string, command: readonly string[]): string[] {
  return ['-c', ENTER, 'sh', machine, ...command];
}

/** Every process of a machine, nspawn itself among them. Empty when it does not run. */
export async function processesOf(machine: string): Promise<number[]> {
  const found = await Promise.all(groupsOf(machine).map(pidsBelow));
  return [...new Set(found.flat())];
}

/** Kills every process of a machine and removes its groups. Says whether that worked within `seconds`. */
export async function killAndRemove(machine: string, seconds: number): Promise<boolean> {
  const gone = await until(async () => {
    for (const pid of await processesOf(machine)) signal(pid, 'SIGKILL');
    const removed = await Promise.all(groupsOf(machine).map(removeGroup));
    return removed.every(Boolean);
  }, seconds);
  // The folder above goes with the last machine of this computer.
  for (const tree of TREES) await rmdir(join(tree, 'ee-lab')).catch(() => undefined);
  return gone;
}

const groupsOf = (machine: string): string[] => TREES.map((tree) => join(tree, 'ee-lab', machine));

async function pidsBelow(group: string): Promise<number[]> {
  const list = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '');
  const below = await Promise.all((await children(group)).map(pidsBelow));
  return [...list.split('\n').filter(Boolean).map(Number), ...below.flat()];
}

/** Removes a group from its leaves up; one that still has processes stays. Says whether it is gone. */
async function removeGroup(group: string): Promise<boolean> {
  for (const child of await children(group)) await removeGroup(child);
  await rmdir(group).catch(() => undefined);
  return !existsSync(group);
}

async function children(group: string): Promise<string[]> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(group, entry.name));
}
