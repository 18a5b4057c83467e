import type { EeError } from '../errors.js';
import type { ApplyOptions } from './apply.js';
import { journalLine, openState } from './journal.js';
import type { LockedHost } from './locked-host.js';
import type { PlannedChange } from './plan.js';
import type { Change } from './resource.js';
import { noteHandlers } from './handlers.js';

/**
 * A change whose result is judged by what its script printed, and then kept or taken back. What a cut run left unjudged must be
 * visible to the resource's own probe.
 */
export interface Trial {
  /** Why the result is not to be trusted; empty when it is as it should be. */
  judge(output: string): readonly string[];
  /** Shell that makes the result final. */
  readonly keep: string;
  /** Shell that brings the former state back. */
  readonly takeBack: string;
  /** The failure to show where the script itself ended with `code`. */
  failure(code: number, output: string): EeError;
  /** The failure to show where the result was taken back, or could not be: `left` tells why not. */
  doubted(reasons: readonly string[], left?: string): EeError;
}

/** Lines with this in front tell the operator what the script is at; all others are for the judge. */
export const STEP = 'step: ';

/** Makes a change on trial: it is in the journal only once it was found good. */
export async function applyTrial(
  host: LockedHost,
  planned: PlannedChange,
  trial: Trial,
  change: Change,
  { run, emit, signal }: ApplyOptions,
): Promise<void> {
  const options = { step: planned.difference.summary, ...(signal ? { signal } : {}) };
  const tried = await host.run(
    withStatus([
      openState(run),
      'set +e',
      '(',
      'set -eu',
      ...noteHandlers(planned),
      planned.difference.script,
      ') 2>&1',
      'ee_status=$?',
      'set -e',
    ]),
    {
      ...options,
      onLine: (line) => {
        if (line.startsWith(STEP)) emit({ kind: 'progress', host: host.name, message: line.slice(STEP.length) });
      },
    },
  );
  const output = tried.stdout.toString('utf8');
  if (tried.code !== 0) throw trial.failure(tried.code, output || tried.stderr.toString('utf8')).at(host.name);
  const reasons = trial.judge(output);
  const last =
    reasons.length === 0 ? `${trial.keep}\n${journalLine(run, change, planned.difference.journal)}` : trial.takeBack;
  const ended = await host.run(
    withStatus([openState(run), 'set +e', '(', 'set -eu', last, ') 2>&1', 'ee_status=$?', 'set -e']),
    { ...options, step: reasons.length === 0 ? 'keeping what was found good' : 'taking the change back' },
  );
  const said = ended.code === 0 ? undefined : ended.stdout.toString('utf8').trim();
  if (reasons.length > 0) throw trial.doubted(reasons, said).at(host.name);
  if (said !== undefined) throw trial.failure(ended.code, said).at(host.name);
  emit({ kind: 'changed', host: host.name, change });
}

/** One script, whose status is that of its part in parentheses. */
const withStatus = (lines: readonly string[]): string => ['set -e', ...lines, 'exit "$ee_status"'].join('\n');
