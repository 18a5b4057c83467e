import { EeError } from '../errors.js';
import type { Host } from '../ssh/host.js';
import { applyStage, type ApplyOptions } from './apply.js';
import type { LockedHost } from './locked-host.js';
import { changesOf, plan, refusalOf, type Plan, type PlannedStage } from './plan.js';
import type { Change, Stage } from './resource.js';

/**
 * Brings a host to its wanted state, stage by stage, beginning with the plan `first`, and returns what was changed.
 * A plan that ends in a refusal is made up to it, and then fails with it. After each stage the host is asked again: what still differs is a failure, not a success that was only hoped for.
 */
export async function converge(host: LockedHost, first: Plan, options: ApplyOptions): Promise<Change[]> {
  const { emit, signal } = options;
  const look = signal ? { signal } : {};
  const made: Change[] = [];
  for (const planned of first.stages) {
    if (signal?.aborted) throw new EeError('INTERRUPTED', { during: `the deployment of ${host.name}` });
    // An earlier stage may have changed what this one saw: a package brings its default files along.
    const current = made.length === 0 ? planned : await replan(host, planned.stage, look);
    if (current.refusal) throw current.refusal;
    if (isEmpty(current)) continue;
    emit({ kind: 'stage', host: host.name, stage: planned.stage.name, changes: current.changes.length });
    made.push(...(await applyStage(host, current, options)));
    await assertConverged(host, planned.stage, look);
  }
  return made;
}

const isEmpty = ({ changes, handlers }: PlannedStage): boolean => changes.length === 0 && handlers.length === 0;

async function replan(host: Host, stage: Stage, look: { signal?: AbortSignal }): Promise<PlannedStage> {
  const { stages } = await plan(host, [stage], look);
  return stages[0] ?? { stage, changes: [], handlers: [] };
}

async function assertConverged(host: Host, stage: Stage, look: { signal?: AbortSignal }): Promise<void> {
  const left = await plan(host, [stage], look);
  const refusal = refusalOf(left);
  if (refusal) throw refusal;
  const changes = changesOf(left);
  if (changes.length === 0) return;
  const output = changes.map(({ id, summary }) => `${id}: still to do: ${summary}`).join('\n');
  throw new EeError('REMOTE_FAILED', {
    host: host.name,
    step: `stage ${stage.name}`,
    status: 'every change was made, and the host still differs',
    output,
  });
}
