import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { EeError } from '../errors.js';
import type { Host } from '../ssh/host.js';
import { within } from '../ssh/within.js';
import type { Run } from './journal.js';
import { END_LEFTOVER, HELD, HOLDER_QUESTION, keepCommand, parseTaken } from './lock-scripts.js';
import { LockedHost } from './locked-host.js';

export interface LockOptions {
  /** Seconds between two signs of life. */
  readonly heartbeat?: number;
  /** Seconds without one after which the host gives the lock to the next run. */
  readonly patience?: number;
}

const HEARTBEAT = 10;
const PATIENCE = 60;
/** How long the host may take to answer who has the lock, and to end what a dead run left: it waits for that up to 4 s. */
const TAKE_MS = 40_000;
/** How long it may take to give the lock back. Past this it does so by itself, once the connection has closed. */
const RELEASE_MS = 5_000;

/**
 * Takes the host's lock for a run, or throws LOCKED with who holds it and since when. It goes when the run ends or is killed, and a
 * minute after its last sign of life where its line went dead or its machine sleeps, so that there is no stale one to break. What a
 * run left working on the host goes with its lock.
 */
export async function lock(host: Host, { by, id }: Run, options: LockOptions = {}): Promise<LockedHost> {
  const { heartbeat = HEARTBEAT, patience = PATIENCE } = options;
  const token = randomBytes(8).toString('hex');
  const end = new PassThrough();
  let taken: (pid: number) => void = () => undefined;
  const locked = new Promise<number>((resolve) => (taken = resolve));
  const held = host.pipe(keepCommand(`${by}, run ${id}`, token, patience), end, {
    step: 'holding the lock',
    idleTimeout: Number.POSITIVE_INFINITY,
    // What is being stopped on the host at an interrupt is stopped under the lock.
    endsItself: true,
    onLine: (line) => {
      const pid = parseTaken(line);
      if (pid !== undefined) taken(pid);
    },
  });
  held.catch(() => undefined); // A lost connection is reported by whatever was using it.
  const beat = setInterval(() => end.write('.'), heartbeat * 1000);
  beat.unref();
  const release = async (): Promise<void> => {
    clearInterval(beat);
    end.end();
    await within(held, RELEASE_MS).catch(() => undefined);
  };
  try {
    const keeper = await within(Promise.race([locked, held.then((result) => refused(host, result))]), TAKE_MS);
    await host.run(END_LEFTOVER, { step: 'ending what a dead run left', idleTimeout: TAKE_MS });
    return new LockedHost(host, { token, keeper }, release);
  } catch (error) {
    await release();
    if (error instanceof EeError) throw error;
    const facts = { host: host.name, step: 'taking the lock', seconds: TAKE_MS / 1000 };
    throw new EeError('REMOTE_TIMEOUT', facts, { cause: error });
  }
}

/** Does work under the lock of a host, which it gives back whatever comes of it. */
export async function underLock<T>(
  host: Host,
  run: Run,
  work: (host: LockedHost) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const locked = await lock(host, run, options);
  try {
    return await work(locked);
  } finally {
    await locked.release();
  }
}

/** Why the keeper did not take the lock. */
async function refused(host: Host, { code, stderr }: Awaited<ReturnType<Host['pipe']>>): Promise<never> {
  if (code === HELD) throw new EeError('LOCKED', { host: host.name, holder: await holderOf(host) });
  throw new EeError('REMOTE_FAILED', {
    host: host.name,
    step: 'taking the lock',
    status: `exit ${code}`,
    output: stderr.toString('utf8').trim(),
  });
}

async function holderOf(host: Host): Promise<string> {
  const { stdout } = await host.run(HOLDER_QUESTION, { step: 'asking who has the lock', idleTimeout: TAKE_MS });
  return stdout.toString('utf8').trim() || 'its name is not known yet';
}
