import { randomBytes } from 'node:crypto';
import { EeError } from '../errors.js';
import type { Emit } from './events.js';
import { applyGuarded } from './guard.js';
import { handlerDifference, noteHandlers } from './handlers.js';
import { journalLine, openState, type Run } from './journal.js';
import type { LockedHost } from './locked-host.js';
import { packageStep } from './package-step.js';
import type { PlannedChange, PlannedStage } from './plan.js';
import type { Change } from './resource.js';
import { applyTrial } from './trial.js';

export interface ApplyOptions {
  readonly run: Run;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
}

/** Lines of a failed change that the operator is shown. */
const SHOWN_LINES = 15;

/**
 * Makes the changes of one stage, in order, and runs its handlers. All that need no look back go in one round trip. The first
 * that fails stops the stage; those before it stay made, and are in the journal.
 */
export async function applyStage(host: LockedHost, planned: PlannedStage, options: ApplyOptions): Promise<Change[]> {
  const handlers = planned.handlers.map((handler): PlannedChange => ({
    id: handler.id,
    difference: handlerDifference(handler),
    notifies: [],
  }));
  const made: Change[] = [];
  for (const batch of batches([...planned.changes, ...handlers])) {
    await uploadAll(host, batch, options);
    const [only] = batch;
    if (only?.difference.revert !== undefined) {
      await applyGuarded(host, only, only.difference.revert, options.run, () => applyBatch(host, batch, options));
    } else if (only?.difference.trial !== undefined) {
      await applyTrial(host, only, only.difference.trial, toChange(only), options);
    } else {
      await applyBatch(host, batch, options);
    }
    made.push(...batch.map(toChange));
  }
  return made;
}

/** Cuts the changes so that each one that is guarded or on trial stands alone. */
function batches(changes: readonly PlannedChange[]): PlannedChange[][] {
  const cut: PlannedChange[][] = [];
  let open: PlannedChange[] | undefined;
  for (const change of changes) {
    if (change.difference.revert !== undefined || change.difference.trial !== undefined) {
      cut.push([change]);
      open = undefined;
    } else {
      if (!open) cut.push((open = []));
      open.push(change);
    }
  }
  return cut;
}

async function uploadAll(
  host: LockedHost,
  batch: readonly PlannedChange[],
  { emit, signal }: ApplyOptions,
): Promise<void> {
  for (const { id, difference } of batch) {
    for (const file of difference.uploads ?? []) {
      let shown = -1;
      await host.upload(file, {
        step: `uploading for ${id}`,
        ...(signal ? { signal } : {}),
        onBytes: (sent, total) => {
          const percent = total === 0 ? 100 : Math.floor((sent / total) * 100);
          if (percent === shown || (percent < 100 && percent < shown + 5)) return;
          shown = percent;
          emit({ kind: 'progress', host: host.name, message: `${id}: uploading ${percent} % of ${megabytes(total)}` });
        },
      });
    }
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

async function applyBatch(host: LockedHost, batch: readonly PlannedChange[], options: ApplyOptions): Promise<void> {
  const mark = `ee-apply-${randomBytes(8).toString('hex')}`;
  const watch = new BatchWatch(host, batch, mark, options.emit);
  const result = await host.run(batchScript(batch, mark, options.run), {
    step: batch.length === 1 ? (batch[0]?.difference.summary ?? '') : `making ${batch.length} changes`,
    onLine: (line) => watch.line(line),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (result.code !== 0) throw watch.failure(result.code, result.stderr);
}

/** The script of a batch: each change in a subshell of its own, between marks, with its markers before and its journal line after. */
export function batchScript(batch: readonly PlannedChange[], mark: string, run: Run): string {
  const parts = batch.map((change, index) =>
    [
      `printf '%s start %s\\n' ${mark} ${index}`,
      'set +e',
      '(',
      'set -eu',
      ...noteHandlers(change),
      change.difference.isPackageStep
        ? packageStep(change.difference.script, toChange(change), run, change.difference.journal)
        : change.difference.script,
      ') 2>&1',
      'ee_status=$?',
      'set -e',
      `[ "$ee_status" -eq 0 ] || exit "$ee_status"`,
      ...(change.difference.isPackageStep ? [] : [journalLine(run, toChange(change), change.difference.journal)]),
      `printf '%s done %s\\n' ${mark} ${index}`,
    ].join('\n'),
  );
  return ['set -e', openState(run), ...parts].join('\n');
}

const toChange = ({ id, difference: { action, summary, detail } }: PlannedChange): Change => ({
  id,
  action,
  summary,
  ...(detail === undefined ? {} : { detail }),
});

/** Follows a batch by its marks: tells which change is done, and keeps the last lines of the one that runs. */
class BatchWatch {
  /** -1 before the first begins. */
  #current = -1;
  #lines: string[] = [];

  constructor(
    private readonly host: LockedHost,
    private readonly batch: readonly PlannedChange[],
    private readonly mark: string,
    private readonly emit: Emit,
  ) {}

  line(line: string): void {
    // A command that ends without a line feed has the mark on its own last line.
    const at = line.indexOf(`${this.mark} `);
    const said = at < 0 ? line : line.slice(0, at);
    if (at < 0 || said !== '') this.#said(said);
    if (at < 0) return;
    const [, word, index] = line.slice(at).split(' ');
    const change = this.batch[Number(index)];
    if (word === 'start') {
      this.#current = Number(index);
      this.#lines = [];
      if (change) this.emit({ kind: 'progress', host: this.host.name, message: change.difference.summary });
    } else if (change) {
      this.emit({ kind: 'changed', host: this.host.name, change: toChange(change) });
    }
  }

  #said(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > SHOWN_LINES) this.#lines.shift();
    if (line.trim()) this.emit({ kind: 'progress', host: this.host.name, message: line });
  }

  failure(code: number, stderr: Buffer): EeError {
    const change = this.batch[this.#current];
    const lines = this.#lines.length > 0 ? this.#lines : stderr.toString('utf8').trim().split('\n').slice(-SHOWN_LINES);
    return new EeError('REMOTE_FAILED', {
      host: this.host.name,
      step: change ? `${change.id} (${change.difference.summary})` : 'preparing',
      status: `exit ${code}`,
      output: lines.join('\n').trim(),
    });
  }
}
