import { stopScript } from '../ssh/remote-shell.js';
import { quote } from '../ssh/shell-quote.js';
import { LOCK } from './paths.js';

/**
 * The shell of a host's lock. A process on the host, the keeper, holds a flock for as long as its run gives signs of life. The
 * kernel lets nobody else have the lock while the keeper lives, so whatever a run does there first looks at its keeper. All that a
 * run starts carries the run's token in its argument list: whoever has the lock ends what another token left working.
 */

/** The status of `flock` when somebody else holds the lock, and of a command whose run has lost it. */
export const HELD = 75;
export const LOST = 79;

/** Every command under a lock begins its mark with this; the token of the run follows. */
const FAMILY = 'run-';
export const familyOf = (token: string): string => `${FAMILY}${token}`;
const keeperOf = (token: string): string => `ee-keeper-${token}`;

/** Behind the name of a keeper that is about to give the lock to the next run. */
const GIVEN_UP = ' gone';

/** A lock that was taken. */
export interface Lease {
  readonly token: string;
  /** The process that holds it on the host. */
  readonly keeper: number;
}

/** What `ee` says on the host once it has the lock: `locked PID`. */
const TAKEN = /^locked (\d+)$/;

/** The process that holds the lock, from a line of the keeper; nothing where it says something else. */
export function parseTaken(line: string): number | undefined {
  const [, pid] = TAKEN.exec(line) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/**
 * The command that takes the lock or exits with HELD, and keeps it while a byte comes on its standard input at least every `patience`
 * seconds. What its run has left working then is ended before the lock goes.
 */
export function keepCommand(holder: string, token: string, patience: number): string {
  const hold = [
    `ee_who="$1, since $(date -u '+%Y-%m-%d %H:%M:%S UTC')"`,
    `ee_note() { printf '%s\\n%s %s%s\\n' "$ee_who" "$$" "$0" "$1" > ${LOCK}.holder; }`,
    `ee_note '' || exit 1`,
    'echo "locked $$"',
    `while [ "$(timeout ${patience} dd bs=1 count=1 2>/dev/null)" = . ]; do :; done`,
    // From here on the run has lost it, also while what it has left working is being ended.
    `ee_note '${GIVEN_UP}'`,
    stopScript(`ee-${familyOf(token)}-`),
  ].join('\n');
  return `umask 077; exec flock -n -E ${HELD} ${LOCK} sh -c ${quote(hold)} ${keeperOf(token)} ${quote(holder)}`;
}

/** Shell that ends what runs left working whose lock is gone; only for who has the lock. */
export const END_LEFTOVER = stopScript(`ee-${FAMILY}`);

/** Shell that prints who holds the lock, or held it last. */
export const HOLDER_QUESTION = `head -n 1 ${LOCK}.holder 2>/dev/null || :`;

const lostMark = (token: string): string => `ee-lost-${token}`;

/**
 * Shell that goes on only while the keeper of the run lives; else it says on standard error what has become of the lock, and exits
 * with LOST. Once it has gone on, a later holder of the lock ends what follows before it begins its own work: it is in the list of
 * processes already.
 */
export function fence({ token, keeper }: Lease): string {
  return [
    `! grep -qs -e '${keeperOf(token)}${GIVEN_UP}' ${LOCK}.holder && grep -qs -e ${keeperOf(token)} /proc/${keeper}/cmdline || {`,
    `  { read -r ee_who; read -r ee_pid ee_keeper ee_gone; } 2>/dev/null < ${LOCK}.holder`,
    `  if [ "$ee_keeper" = ${keeperOf(token)} ]; then ee_state=free`,
    '  elif [ -n "$ee_keeper" ] && ! grep -qs -e "$ee_keeper" "/proc/$ee_pid/cmdline"; then ee_state=ended',
    '  else ee_state=held; fi',
    `  printf '%s %s %s\\n' ${lostMark(token)} "$ee_state" "$ee_who"`,
    `  exit ${LOST}`,
    '} >&2',
  ].join('\n');
}

/** What has become of a lock that is gone: somebody has it, somebody had it meanwhile, or nobody. */
export interface Loss {
  readonly state: 'held' | 'ended' | 'free';
  /** Who, and since when; empty where that is not known. */
  readonly who: string;
}

export const isLossLine = (line: string, token: string): boolean => line.startsWith(`${lostMark(token)} `);

/** What the fence of a run said; nothing where it let the run go on. */
export function parseLoss(stderr: string, token: string): Loss | undefined {
  const line = stderr.split('\n').find((one) => isLossLine(one, token));
  const [, state, who = ''] = /^\S+ (held|ended|free) ?(.*)$/.exec(line ?? '') ?? [];
  return state === undefined ? undefined : { state: state as Loss['state'], who };
}
