import { awaitPackageStep } from '../converge/await-package-step.js';
import { converge } from '../converge/converge.js';
import type { Emit } from '../converge/events.js';
import { hostFacts, type HostFacts } from '../converge/host-facts.js';
import type { Run } from '../converge/journal.js';
import { lock } from '../converge/lock.js';
import { asLocked, type LockedHost } from '../converge/locked-host.js';
import { changesOf, plan, refusalOf, type Plan } from '../converge/plan.js';
import type { Change } from '../converge/resource.js';
import { EeError } from '../errors.js';
import type { HostName, Settings } from '../settings/settings.js';
import type { Host } from '../ssh/host.js';
import type { Connections } from './connections.js';
import type { Gathered } from './gather.js';
import { assertSendingAddresses, assertSuitable } from './preflight.js';
import { wantedStages, type DeployInputs } from './wanted.js';

export interface DeployOptions {
  /** Plan only: nothing is changed anywhere. */
  readonly dryRun: boolean;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Asked once, with what is about to change, before the first change; throws to decline. */
  readonly confirm: (planned: readonly HostOutcome[]) => Promise<void>;
  /** Makes the keys and certificates that were missing, once the plan is agreed to. */
  readonly make: () => Promise<DeployInputs>;
}

/**
 * What became of one host. `planned` and `unchanged` are the outcomes of a dry run too. One that is `planned` with an `error` will stop
 * there, after its changes.
 */
export interface HostOutcome {
  readonly host: HostName;
  readonly status: 'changed' | 'unchanged' | 'planned' | 'failed';
  readonly changes: readonly Change[];
  readonly seconds: number;
  readonly error?: Error;
}

/** A host on which work can begin: what it is, and what differs from what it should be. */
interface Prepared {
  readonly name: HostName;
  readonly host: Host;
  readonly facts: HostFacts;
  readonly plan: Plan;
  readonly planned: HostOutcome;
}

/**
 * Deploys over connections to the hosts, in parallel, once every one of them has proved to be suitable and free, and its plan is
 * made. Until then nothing is changed on any, nor here. From then on a host that fails does not stop the others; its failure is in
 * its outcome.
 */
export async function deploy(
  settings: Settings,
  { inputs, missing }: Gathered,
  connections: Connections,
  options: DeployOptions,
): Promise<HostOutcome[]> {
  const { dryRun, confirm, run } = options;
  const locked = new Map<HostName, LockedHost>();
  try {
    if (!dryRun) for (const [name, host] of connections) locked.set(name, await lock(host, run));
    const hosts: Connections = dryRun ? connections : locked;
    const prepared = await Promise.all(
      [...hosts].map(([name, host]) => prepare(name, host, settings, inputs, options)),
    );
    const planned = prepared.map((one) => one.planned);
    if (dryRun || planned.every(({ changes }) => changes.length === 0)) return planned;
    await confirm(planned);
    const ready = missing.length === 0 ? prepared : await planAnew(prepared, settings, options);
    return await Promise.all(ready.map((one) => work(one, options)));
  } finally {
    await Promise.allSettled([...locked.values()].map((host) => host.release()));
  }
}

/** The same plans with the keys and certificates that were missing when they were made. */
async function planAnew(
  prepared: readonly Prepared[],
  settings: Settings,
  options: DeployOptions,
): Promise<Prepared[]> {
  const inputs = await options.make();
  return Promise.all(
    prepared.map(async (one) => {
      const stages = wantedStages(one.name, settings, one.facts, inputs);
      return { ...one, plan: await plan(one.host, stages, { signal: options.signal }) };
    }),
  );
}

async function prepare(
  name: HostName,
  host: Host,
  settings: Settings,
  inputs: DeployInputs,
  { emit, signal }: DeployOptions,
): Promise<Prepared> {
  const seconds = stopwatch();
  emit({ kind: 'step', host: name, step: 'looking at what is there' });
  const facts = await hostFacts(host);
  await awaitPackageStep(host, facts.packageStep, { emit, signal });
  assertSuitable(name, facts);
  if (name === 'vps2') assertSendingAddresses(settings, facts);
  const made = await plan(host, wantedStages(name, settings, facts, inputs), { signal });
  const changes = changesOf(made);
  emit({ kind: 'planned', host: name, changes });
  const error = refusalOf(made);
  const unchanged = error === undefined ? 'unchanged' : 'failed';
  const status = changes.length === 0 ? unchanged : 'planned';
  if (status === 'failed' && error) emit({ kind: 'failed', host: name, error });
  const planned = {
    host: name,
    status,
    changes,
    seconds: seconds(),
    ...(error === undefined ? {} : { error }),
  } as const;
  return { name, host, facts, plan: made, planned };
}

async function work({ name, host, plan: first, planned }: Prepared, options: DeployOptions): Promise<HostOutcome> {
  const { run, emit, signal } = options;
  const seconds = stopwatch();
  const made: Change[] = [];
  const watch: Emit = (event) => {
    if (event.kind === 'changed') made.push(event.change);
    emit(event);
  };
  try {
    await converge(asLocked(host), first, { run, emit: watch, signal });
    const total = round(planned.seconds + seconds());
    emit({ kind: 'done', host: name, changes: made.length, seconds: total });
    return { host: name, status: made.length === 0 ? 'unchanged' : 'changed', changes: made, seconds: total };
  } catch (thrown) {
    const error = signal.aborted
      ? new EeError('INTERRUPTED', { during: `the deployment of ${name}` })
      : asError(thrown);
    emit({ kind: 'failed', host: name, error });
    return { host: name, status: 'failed', changes: made, seconds: round(planned.seconds + seconds()), error };
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

const round = (seconds: number): number => Math.round(seconds * 10) / 10;

function stopwatch(): () => number {
  const started = performance.now();
  return () => round((performance.now() - started) / 1000);
}
