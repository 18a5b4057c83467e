import { EeError } from '../errors.js';
import type { Host, RunOptions } from '../ssh/host.js';
import { isPending, pendingProbe, stateOf } from './handlers.js';
import { probe } from './probe.js';
import type { Change, Difference, Handler, Resource, Stage } from './resource.js';

/** One thing to do on a host: the difference of a resource, or a handler that must run. */
export interface PlannedChange {
  readonly id: string;
  readonly difference: Difference;
  /** The state of the resource before the change, as `stateOf` gives it. */
  readonly before?: string;
  readonly notifies: readonly Handler[];
}

export interface PlannedStage {
  readonly stage: Stage;
  readonly changes: readonly PlannedChange[];
  /** Handlers to run at the end of the stage: notified by a change, or left over from a run that was cut. */
  readonly handlers: readonly Handler[];
  /** Why nothing of this stage can be made, nor of what comes after it. */
  readonly refusal?: EeError;
}

/** What differs on a host. A converged host has an empty plan. */
export interface Plan {
  /** In order; one that is refused is the last. */
  readonly stages: readonly PlannedStage[];
}

/** Why a plan ends before what is wanted is reached. */
export const refusalOf = ({ stages }: Plan): EeError | undefined => stages.at(-1)?.refusal;

/** Looks at the host, in one round trip for all stages together, and plans. Changes nothing. */
export async function plan(host: Host, stages: readonly Stage[], options: RunOptions = {}): Promise<Plan> {
  const probed: Resource[] = stages.flatMap((stage) => [...stage.resources, ...handlersOf(stage).map(pendingProbe)]);
  const seen = await probe(host, probed, options);
  let at = 0;
  const next = () => seen[at++] ?? Buffer.alloc(0);
  const planned: PlannedStage[] = [];
  for (const stage of stages) {
    const one = planStage(host.name, stage, next);
    planned.push(one);
    if (one.refusal) break;
  }
  return { stages: planned };
}

function planStage(host: string, stage: Stage, next: () => Buffer): PlannedStage {
  const changes: PlannedChange[] = [];
  const states = new Map<string, string>();
  for (const resource of stage.resources) {
    const seen = next();
    const before = stateOf(seen);
    states.set(resource.id, before);
    const difference = diffOn(host, resource, seen);
    if (difference instanceof EeError) return { stage, changes: [], handlers: [], refusal: difference };
    if (difference) changes.push({ id: resource.id, difference, before, notifies: resource.notifies ?? [] });
  }
  const notified = new Set(changes.flatMap((change) => change.notifies.map((handler) => handler.id)));
  const handlers = handlersOf(stage).filter((handler) => isPending(next(), states) || notified.has(handler.id));
  return { stage, changes, handlers };
}

/** A resource does not know its host; whoever reads its refusal must. Returns the refusal of one that stops its own stage only. */
function diffOn(host: string, resource: Resource, seen: Buffer): Difference | EeError | undefined {
  try {
    return resource.diff(seen);
  } catch (error) {
    if (!(error instanceof EeError)) throw error;
    if (resource.refusesItsStageOnly) return error.at(host);
    throw error.at(host);
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
