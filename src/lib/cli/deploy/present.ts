import { EXIT, EeError, type Exit } from '../../errors.js';
import type { HostOutcome } from '../../deploy/deploy.js';
import { failureDocument, renderFailure, toFailure } from '../failure.js';

/** The result of a deployment, as scripts read it. `error` is that of the first host that failed. */
export function deployDocument(outcomes: readonly HostOutcome[]): Record<string, unknown> {
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
  };
}

/** The same for people: a line a host, and below it what is to be done (a dry run) or what went wrong. */
export function deployText(outcomes: readonly HostOutcome[], { verbose }: { verbose: boolean }): string {
  return outcomes.map((outcome) => hostText(outcome, verbose)).join('\n');
}

function hostText({ host, status, changes, seconds, error }: HostOutcome, verbose: boolean): string {
  const count = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`;
  if (error) {
    const text = renderFailure(toFailure(error, `deploying ${host}`), { verbose });
    return `${host}: FAILED after ${count} (${seconds} s)\n${text.replace(/^/gm, '  ')}`;
  }
  if (status !== 'planned') return `${host}: ${status}, ${count} (${seconds} s)`;
  return [`${host}: ${count} to make`, ...changes.map((change) => changeText(change, verbose))].join('\n');
}

const SIGN = { create: '+', update: '~', remove: '-', run: '>' } as const;

function changeText({ id, action, summary, detail }: HostOutcome['changes'][number], verbose: boolean): string {
  const line = `  ${SIGN[action]} ${summary}  [${id}]`;
  // What a changed file loses and gains always; the text of a new one only when asked for.
  const shown =
    detail !== undefined && (verbose || action === 'update') ? detail.trimEnd().replace(/^/gm, '      ') : '';
  return shown ? `${line}\n${shown}` : line;
}

/** The status of the run: that of the first host that failed. */
export function exitOf(outcomes: readonly HostOutcome[]): Exit {
  const failed = outcomes.find(({ error }) => error !== undefined)?.error;
  if (failed === undefined) return EXIT.done;
  return failed instanceof EeError ? failed.exit : EXIT.failed;
}
