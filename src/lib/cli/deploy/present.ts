import { EXIT, EeError, type Exit } from '../../errors.js';
import type { HostOutcome } from '../../deploy/deploy.js';
import { failureDocument, renderFailure, toFailure } from '../failure.js';

/** The result of a deployment, as scripts read it. `error` is that of the first host that failed. */
export function deployDocument(
  outcomes: readonly HostOutcome[],
  warnings: readonly string[] = [],
): Record<string, unknown> {
  const failed = outcomes.find(({ error }) => error !== undefined);
  return {
    ...(failed?.error ? (failureDocument(toFailure(failed.error, `deploying ${failed.host}`)) as object) : {}),
    hosts: outcomes.map(({ host, status, changes, seconds, error }) => ({
      host,
      status,
      changes,
      seconds,
      ...(error ? (failureDocument(toFailure(error, `deploying ${host}`)) as object) : {}),
    })),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

interface TextOptions {
  /** The text of new files too. */
  readonly verbose: boolean;
  /** Leave out what changed files lose and gain: before a question the list must fit on a screen. */
  readonly brief?: boolean;
  /** Leave out the hosts that are well: they stand on the screen already. */
  readonly troublesOnly?: boolean;
}

/** The same for people: a line a host, and below it what is to be done (a dry run) or what went wrong. */
export function deployText(
  outcomes: readonly HostOutcome[],
  { verbose, brief = false, troublesOnly = false }: TextOptions,
): string {
  const shown = outcomes.filter(({ error }) => !troublesOnly || error !== undefined);
  const interrupted = outcomes.some(({ error }) => error instanceof EeError && error.code === 'INTERRUPTED');
  return [
    ...shown.map((outcome) => hostText(outcome, verbose, brief)),
    ...(interrupted ? ['Next: Run the same command again: it continues where this one stopped.'] : []),
  ].join('\n');
}

/** `vps1 25, vps2 24: 49 changes`, for the question and for the end of a dry run. */
export function totals(outcomes: readonly HostOutcome[]): string {
  const each = outcomes.map(({ host, changes }) => `${host} ${changes.length}`).join(', ');
  return `${counted(outcomes.reduce((sum, { changes }) => sum + changes.length, 0))} (${each})`;
}

const counted = (count: number): string => `${count} ${count === 1 ? 'change' : 'changes'}`;

function hostText({ host, status, changes, seconds, error }: HostOutcome, verbose: boolean, brief: boolean): string {
  if (error instanceof EeError && error.code === 'INTERRUPTED') {
    return `${host}: interrupted after ${counted(changes.length)} (${seconds} s)`;
  }
  const failure = error && renderFailure(toFailure(error, `deploying ${host}`), { verbose }).replace(/^/gm, '  ');
  if (status === 'planned') {
    return [
      `${host}: ${counted(changes.length)} to make${failure === undefined ? '' : ', then it stops'}`,
      ...changes.map((change) => changeText(change, verbose, brief)),
      ...(failure === undefined ? [] : [failure]),
    ].join('\n');
  }
  if (failure !== undefined) return `${host}: FAILED after ${counted(changes.length)} (${seconds} s)\n${failure}`;
  return `${host}: ${status}, ${counted(changes.length)} (${seconds} s)`;
}

const SIGN = { create: '+', update: '~', remove: '-', run: '>' } as const;

function changeText(
  { id, action, summary, detail }: HostOutcome['changes'][number],
  verbose: boolean,
  brief: boolean,
): string {
  const line = `  ${SIGN[action]} ${summary}  [${id}]`;
  // What a changed file loses and gains always; the text of a new one only when asked for.
  const shown =
    detail !== undefined && (verbose || (action === 'update' && !brief))
      ? detail.trimEnd().replace(/^/gm, '      ')
      : '';
  return shown ? `${line}\n${shown}` : line;
}

/** The status of the run: that of the first host that failed. */
export function exitOf(outcomes: readonly HostOutcome[]): Exit {
  const failed = outcomes.find(({ error }) => error !== undefined)?.error;
  if (failed === undefined) return EXIT.done;
  return failed instanceof EeError ? failed.exit : EXIT.failed;
}
