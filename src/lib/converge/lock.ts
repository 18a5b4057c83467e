import { PassThrough } from 'node:stream';
import { EeError } from '../errors.js';
import type { Host } from '../ssh/host.js';
import { quote } from '../ssh/shell-quote.js';
import { BATCH, LOCK } from './paths.js';

/** The status of `flock` when somebody else holds the lock; not used by anything else in the command. */
const HELD = 75;

/** Seconds between two signs of life, and seconds without one after which the host gives the lock to the next. */
const HEARTBEAT = 10;
const PATIENCE = 60;

/** Gives the lock back. */
export type Release = () => Promise<void>;

/**
 * Takes the host's lock, or fails with who holds it and since when. The lock is a `flock` held by a process at the other end of
 * this connection: it goes when the run ends or is killed, and a minute after its line went dead, so that there is no stale
 * one to break. What a dead run left working on the host is ended first.
 */
export async function lock(host: Host, holder: string): Promise<Release> {
  const hold = `printf '%s, since %s' ${quote(holder)} "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" > ${LOCK}.holder; echo locked; while [ "$(timeout ${PATIENCE} dd bs=1 count=1 2>/dev/null)" = . ]; do :; done`;
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
    const heartbeat = setInterval(() => end.write('.'), HEARTBEAT * 1000);
    heartbeat.unref();
    end.write('.');
    await host.run(END_LEFTOVER, { step: 'ending what a dead run left' });
    return async () => {
      clearInterval(heartbeat);
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

/** Shell that ends the batch of a run whose lock has gone, with all of its processes: sshd gives each command a group of its own. */
const END_LEFTOVER = `
if read -r pid < ${BATCH} && tr '\\0' ' ' < "/proc/$pid/cmdline" | grep -q -e '-s ee-'; then
  set -- $(sed 's/.*) //' "/proc/$pid/stat")
  kill -TERM "-$3"
  for wait in 1 2 3 4 5 6 7 8 9 10; do kill -0 "-$3" || break; sleep 0.5; done
  kill -KILL "-$3"
fi 2>/dev/null
rm -f ${BATCH}
`;

async function holderOf(host: Host): Promise<string> {
  const { stdout } = await host.run(`cat ${LOCK}.holder 2>/dev/null || :`);
  return stdout.toString('utf8').trim() || 'its name is not known yet';
}
