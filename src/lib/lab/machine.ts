import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rmdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { inOwnGroup, killAndRemove, processesOf } from './cgroup.js';
import type { HostPlace, LabPlace } from './names.js';
import { removeLink } from './network.js';
import { lastLines, processes, signal, until } from './process.js';

const BOOT_SECONDS = 90;
const SHUTDOWN_SECONDS = 30;
const KILL_SECONDS = 10;

/** A command that runs nspawn in the machine's own cgroup. It needs neither a system bus nor systemd on this machine. */
export interface NspawnCommand {
  readonly command: 'sh';
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export function nspawn(root: string, machine: string, options: readonly string[]): NspawnCommand {
  const command = [
    'systemd-nspawn',
    '--quiet',
    '--settings=no',
    `--directory=${root}`,
    `--machine=${machine}`,
    '--register=no',
    '--keep-unit',
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    ...options,
  ];
  return {
    command: 'sh',
    args: inOwnGroup(machine, command),
    // A machine with both cgroup versions would offer version 1, which newer releases of systemd no longer take.
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
  };
}

/** Starts a host in a session of its own, so that it outlives this process. Its layers must be mounted. */
export async function start(lab: LabPlace, place: HostPlace): Promise<void> {
  await mkdir(place.folder, { recursive: true });
  const console = await open(place.console, 'w');
  try {
    const { command, args, env } = nspawn(place.root, place.machine, [
      `--hostname=${place.host}`,
      `--network-bridge=${lab.bridge}`,
      '--boot',
    ]);
    spawn(command, args, { detached: true, stdio: ['ignore', console.fd, console.fd], env }).unref();
  } finally {
    await console.close();
  }
}

export async function isRunning(place: HostPlace): Promise<boolean> {
  return (await processesOf(place.machine)).length > 0;
}

/** Waits until sshd greets on port 22. A host that died or stays silent is LAB_BOOT with the last lines of its console. */
export async function waitForSsh(place: HostPlace, address: string): Promise<void> {
  let greeted = false;
  await until(async () => {
    greeted = await sshGreets(address);
    return greeted || !(await isRunning(place));
  }, BOOT_SECONDS);
  if (greeted) return;
  throw new EeError('LAB_BOOT', { host: place.host, console: place.console, output: await consoleTail(place) });
}

/** The last lines of a host's console, without the control sequences of a terminal. */
async function consoleTail(place: HostPlace): Promise<string> {
  const text = await readFile(place.console, 'utf8').catch(() => '');
  return lastLines(text.replace(/\x1b[[\]][0-9;?]*[a-zA-Z]?/g, '').replaceAll('\r', ''));
}

/** Whether an SSH server greets at an address within half a second. */
export function sshGreets(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const answer = (greets: boolean): void => {
      socket.destroy();
      resolve(greets);
    };
    socket.setTimeout(500, () => answer(false));
    socket.once('error', () => answer(false));
    socket.once('data', (data) => answer(data.toString('latin1').startsWith('SSH-')));
  });
}

/** Shuts a host down in order; what has not ended in time is cut off. Nothing happens to one that does not run. */
export async function shutDown(place: HostPlace): Promise<void> {
  const leader = await nspawnProcess(place);
  if (leader !== undefined) {
    signal(leader, 'SIGTERM');
    await until(async () => !(await isRunning(place)), SHUTDOWN_SECONDS);
  }
  await cutPower(place);
}

/** Ends every process of a host at once, as a power cut does. Its files stay as they were in that moment. */
export async function cutPower(place: HostPlace): Promise<void> {
  if (!(await killAndRemove(place.machine, KILL_SECONDS))) {
    throw new EeError('LAB_COMMAND_FAILED', {
      step: `ending ${place.host}`,
      status: `processes left after ${KILL_SECONDS} s`,
      output: (await processesOf(place.machine)).join(' '),
    });
  }
  await removeLink(place.link);
  // A killed nspawn cannot clean up its own folders.
  for (const kind of ['propagate', 'unix-export']) {
    await rmdir(join('/run/systemd/nspawn', kind, place.machine)).catch(() => undefined);
  }
}

/** The nspawn process of a host, known by the root folder in its arguments. */
async function nspawnProcess(place: HostPlace): Promise<number | undefined> {
  const wanted = `--directory=${place.root}`;
  return (await processes()).find(({ args }) => args[0] === 'systemd-nspawn' && args.includes(wanted))?.pid;
}
