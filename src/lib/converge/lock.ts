import { PassThrough } from 'node:stream';
import { EeError } from '../errors.js';
import type { Host } from '../ssh/host.js';
import { quote } from '../ssh/shell-quote.js';
import { LOCK } from './paths.js';

/** The status of `flock` when somebody else holds the lock; not used by anything else in the command. */
const HELD = 75;

/** Gives the lock back. */
export type Release = () => Promise<void>;

/**
 * Takes the host's lock, or fails with who holds it and since when. The lock is a `flock` held by a process at the other end of
 * this connection: it goes when the run ends, is killed, or loses its line, so that there is no stale one to break.
 */
export async function lock(host: Host, holder: string): Promise<Release> {
  const hold = `printf '%s, since %s' ${quote(holder)} "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" > ${LOCK}.holder; echo locked; exec cat > /dev/null`;
  const end = new PassThrough();
  let taken: () => void = () => undefined;
  const locked = new Promise<'locked'>((resolve) => (taken = () => resolve('locked')));
  const held = host.pipe(`umask 077; exec flock -n -E ${HELD} ${LOCK} sh -c ${quote(hold)}`, end, {
    step: 'holding the lock',
    idleTimeout: Number.POSITIVE_INFINITY,
    onLine: (line) => line === 'locked' && taken(),
  });
  const outcome = await Promise.race([locked, held]);
  if (outcome === 'locked') {
    held.catch(() => undefined); // A lost connection is reported by whatever was using it.
    return async () => {
      end.end();
      await held.catch(() => undefined);
    };
  }
  end.end();
  if (outcome.code === HELD) throw new EeError('LOCKED', { host: host.name, holder: await holderOf(host) });
  const output = outcome.stderr.toString('utf8').trim();
  throw new EeError('REMOTE_FAILED', {
    host: host.name,
    step: 'taking the lock',
    status: `exit ${outcome.code}`,
    output,
  });
}

async function holderOf(host: Host): Promise<string> {
  const { stdout } = await host.run(`cat ${LOCK}.holder 2>/dev/null || :`);
  return stdout.toString('utf8').trim() || 'its name is not known yet';
}
