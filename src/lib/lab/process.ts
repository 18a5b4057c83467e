import { readFile, readdir, readlink } from 'node:fs/promises';
import { EeError } from '../errors.js';

/** The tools of the lab live in sbin too, which is not on every root's PATH. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
} as const;

export interface LocalRun {
  /** Named in the error: `building the root file system of bookworm`. */
  readonly step: string;
  readonly input?: string;
  /** On top of this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds after which the command is killed. Default: half an hour, which no step of the lab takes. */
  readonly timeout?: number;
}

/** Runs a command on this machine and returns its standard output. A status other than 0 is LAB_COMMAND_FAILED. */
export async function run(command: string, args: readonly string[], options: LocalRun): Promise<string> {
  const { execa } = await import('execa');
  const timeout = options.timeout ?? 1800;
  const result = await execa(command, args, {
    env: { ...ENVIRONMENT, ...options.env },
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    timeout: timeout * 1000,
  });
  if (!result.failed) return result.stdout;
  throw new EeError('LAB_COMMAND_FAILED', {
    step: options.step,
    status: statusOf(result, timeout),
    output: lastLines(`${result.stdout}\n${result.stderr}`),
  });
}

/** How a command ended, in a few words. */
function statusOf(
  result: {
    readonly timedOut: boolean;
    readonly signal?: string | undefined;
    readonly exitCode?: number | undefined;
    readonly originalMessage?: string | undefined;
  },
  timeout: number,
): string {
  if (result.timedOut) return `no result within ${timeout} s`;
  if (result.signal !== undefined) return `ended by ${result.signal}`;
  if (result.exitCode !== undefined) return `status ${result.exitCode}`;
  return result.originalMessage ?? 'it could not be started';
}

/** The last lines that say something. A terminal's carriage returns are not kept. */
export function lastLines(text: string, count = 15): string {
  return text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}

/** One process of this machine, as /proc shows it. */
export interface LocalProcess {
  readonly pid: number;
  readonly args: readonly string[];
}

/** All processes of this machine whose arguments can be read. */
export async function processes(): Promise<LocalProcess[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid, args: line.split('\0').slice(0, -1) };
    }),
  );
  return found.filter(({ args }) => args.length > 0);
}

/** Processes that have their root or working directory in a folder, or name it in an argument: what must end before it is removed. */
export async function processesUsing(folder: string): Promise<number[]> {
  const within = (path: string): boolean => path === folder || path.startsWith(`${folder}/`);
  const using: number[] = [];
  for (const { pid, args } of await processes()) {
    if (pid === process.pid) continue;
    const places = await Promise.all(['root', 'cwd'].map((link) => readlink(`/proc/${pid}/${link}`).catch(() => '')));
    if (places.some(within) || args.some((argument) => argument.split(/[=:,]/).some(within))) using.push(pid);
  }
  return using;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Sends a signal; a process that ended meanwhile is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Polls until `condition` holds. Returns false when it does not within `seconds`. */
export async function until(condition: () => Promise<boolean> | boolean, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await sleep(50);
  }
  return true;
}
