import { EeError } from '../errors.js';
import type { Host, RunOptions } from '../ssh/host.js';
import { isPending, pendingProbe } from './handlers.js';
import { probe } from './probe.js';
import type { Change, Difference, Handler, Resource, Stage } from './resource.js';

/** One thing to do on a host: the difference of a resource, or a handler that must run. */
export interface PlannedChange {
  readonly id: string;
  readonly difference: Difference;
  readonly notifies: readonly Handler[];
}

export interface PlannedStage {
  readonly stage: Stage;
  readonly changes: readonly PlannedChange[];
  /** Handlers to run at the end of the stage: notified by a change, or left over from a run that was cut. */
  readonly handlers: readonly Handler[];
}

/** What differs on a host. A converged host has an empty plan. */
export interface Plan {
  readonly stages: readonly PlannedStage[];
}

/** Looks at the host, in one round trip for all stages together, and plans. Changes nothing. */
export async function plan(host: Host, stages: readonly Stage[], options: RunOptions = {}): Promise<Plan> {
  const probed: Resource[] = stages.flatMap((stage) => [...stage.resources, ...handlersOf(stage).map(pendingProbe)]);
  const seen = await probe(host, probed, options);
  let at = 0;
  const next = () => seen[at++] ?? Buffer.alloc(0);
  return { stages: stages.map((stage) => planStage(host.name, stage, next)) };
}

function planStage(host: string, stage: Stage, next: () => Buffer): PlannedStage {
  const changes: PlannedChange[] = [];
  for (const resource of stage.resources) {
    const difference = diffOn(host, resource, next());
    if (difference) changes.push({ id: resource.id, difference, notifies: resource.notifies ?? [] });
  }
  const notified = new Set(changes.flatMap((change) => change.notifies.map((handler) => handler.id)));
  const handlers = handlersOf(stage).filter((handler) => isPending(next()) || notified.has(handler.id));
  return { stage, changes, handlers };
}

/** A resource does not know its host; whoever reads its refusal must. */
function diffOn(host: string, resource: Resource, seen: Buffer): Difference | undefined {
  try {
    return resource.diff(seen);
  } catch (error) {
    throw error instanceof EeError ? error.at(host) : error;
  }
}

/** The handlers that the resources of a stage may notify, each once, in the order of their first mention. */
function handlersOf(stage: Stage): Handler[] {
  const byId = new Map<string, Handler>();
  for (const resource of stage.resources) for (const handler of resource.notifies ?? []) byId.set(handler.id, handler);
  return [...byId.values()];
}

/** The plan as the operator reads it. */
export function changesOf(plan: Plan): Change[] {
  return plan.stages.flatMap(({ changes, handlers }) => [
    ...changes.map(({ id, difference: { action, summary, detail } }) => ({
      id,
      action,
      summary,
      ...(detail === undefined ? {} : { detail }),
    })),
    ...handlers.map(({ id, summary }): Change => ({ id, action: 'run', summary })),
  ]);
}
