import { setTimeout as sleep } from 'node:timers/promises';
import { converge } from '../../converge/converge.js';
import type { Emit } from '../../converge/events.js';
import type { Run } from '../../converge/journal.js';
import { underLock } from '../../converge/lock.js';
import { asLocked, type LockedHost } from '../../converge/locked-host.js';
import { changesOf, plan } from '../../converge/plan.js';
import { probe } from '../../converge/probe.js';
import type { Change, Resource, Stage } from '../../converge/resource.js';
import { confirmAll } from '../../dns/forward-confirmed.js';
import type { DnsResolver } from '../../dns/resolver.js';
import { EeError } from '../../errors.js';
import { expectationsOf } from '../../pmta/host/expectations.js';
import { parseReadiness, unfitness } from '../../pmta/host/preflight.js';
import { restartsNeeded } from '../../pmta/host/restart-needed.js';
import { parseDocument } from '../../pmta/parse.js';
import { nextStep, pmtaConfiguration } from '../../roles/pmta-configuration/resource.js';
import { parseSeen, type SeenConfiguration } from '../../roles/pmta-configuration/seen.js';
import type { Host } from '../../ssh/host.js';
import { readinessQuestions } from './readiness.js';

export interface PmtaApplyOptions {
  readonly dryRun: boolean;
  readonly overwriteDrift: boolean;
  /** Asked in the same round trip; each refuses by what its `diff` throws, before anything is changed. */
  readonly conditions: readonly Resource[];
  /** What must be so before the configuration is: a firewall that lets in what it listens for. */
  readonly before?: readonly Stage[];
  /** Who is asked whether names and addresses lead to each other; nobody where the operator says so. */
  readonly resolver: Pick<DnsResolver, 'a' | 'ptr'> | undefined;
  /** Seconds to wait for the queues of virtual MTAs that go. */
  readonly drainTimeout: number;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Asked once before the first change; throws to decline. */
  readonly confirm: (changes: readonly Change[]) => Promise<void>;
}

export interface PmtaApplyOutcome {
  readonly status: 'unchanged' | 'planned' | 'changed';
  readonly changes: readonly Change[];
  /** Virtual MTAs that stay until no mail waits for them; only of a dry run. */
  readonly retiring: readonly string[];
  /** Whether PowerMTA runs with it; one that is stopped takes it up when it starts. */
  readonly loaded: boolean;
  /** What a reload alone does not bring into force. */
  readonly notes: readonly string[];
}

const NOT_LOADED =
  'PowerMTA does not run there, so the configuration is tested and put in its place, and not loaded: `systemctl start pmta` on the host, or `ee deploy vps2`, starts it.';

/** Seconds between two looks at the queues. */
const LOOK_EVERY = 5;

/**
 * Puts a configuration into force on VPS2: the same resource that a deployment converges, alone, with the checks that need the
 * world outside of the host before it, and with the queues of virtual MTAs that go drained after it.
 */
export async function pmtaApply(host: Host, content: Buffer, options: PmtaApplyOptions): Promise<PmtaApplyOutcome> {
  if (options.dryRun) return applied(host, content, options);
  return underLock(host, options.run, (locked) => pmtaApplyLocked(locked, content, options));
}

/** The same for who has the lock of the host already. */
export async function pmtaApplyLocked(
  host: LockedHost,
  content: Buffer,
  options: PmtaApplyOptions,
): Promise<PmtaApplyOutcome> {
  return applied(host, content, options);
}

async function applied(host: Host, content: Buffer, options: PmtaApplyOptions): Promise<PmtaApplyOutcome> {
  const { dryRun, overwriteDrift, conditions, signal, emit, run, confirm } = options;
  const resource = pmtaConfiguration({ content, overwriteDrift, alone: true });
  const stage: Stage = { name: 'PowerMTA configuration', resources: [resource] };
  emit({ kind: 'step', host: host.name, step: 'looking at what is there' });
  const expected = expectationsOf(parseDocument(content));
  const questions = { id: 'readiness of the host', probe: readinessQuestions(expected), diff: () => undefined };
  const answers = await probe(host, [resource, questions, ...conditions], { signal });
  const [output = Buffer.alloc(0), ready = Buffer.alloc(0), ...conditional] = answers;
  for (const [index, condition] of conditions.entries())
    at(host, () => condition.diff(conditional[index] ?? Buffer.alloc(0)));
  const first = await plan(host, options.before ?? [], { signal });
  const seen = parseSeen(output);
  const { retiring } = at(host, () => nextStep(content, seen));
  const difference = at(host, () => resource.diff(output));
  const loaded = seen.active;
  const opening = changesOf(first);
  if (!difference && opening.length === 0) {
    const waited = dryRun || retiring.length === 0 ? [] : await drained(host, content, stage, options);
    return { status: waited.length > 0 ? 'changed' : 'unchanged', changes: waited, retiring, loaded, notes: [] };
  }
  assertFit(host, unfitness(expected, parseReadiness(ready.toString('latin1')), { isActive: seen.active }));
  await assertConfirmed(host, expected.virtualMtas, options);

  const planned = difference ? [{ id: resource.id, difference, notifies: [] }] : [];
  const stages = [...first.stages, { stage, changes: planned, handlers: [] }];
  const changes = changesOf({ stages });
  const notes = notesOn(seen, content);
  if (dryRun) return { status: 'planned', changes, retiring, loaded, notes };
  await confirm(changes);
  const made = await converge(asLocked(host), { stages }, { run, emit, signal });
  const after = retiring.length === 0 ? [] : await drained(host, content, stage, options);
  return { status: 'changed', changes: [...made, ...after], retiring: [], loaded, notes };
}

/** A failure of a pure function does not know its host; whoever reads it must. */
function at<T>(host: Host, decide: () => T): T {
  try {
    return decide();
  } catch (error) {
    throw error instanceof EeError ? error.at(host.name) : error;
  }
}

function assertFit(host: Host, problems: readonly string[]): void {
  if (problems.length > 0) throw new EeError('PMTA_HOST_UNFIT', { problems }, { where: host.name });
}

async function assertConfirmed(
  host: Host,
  virtualMtas: ReturnType<typeof expectationsOf>['virtualMtas'],
  { resolver, emit }: PmtaApplyOptions,
): Promise<void> {
  if (!resolver) return;
  emit({ kind: 'step', host: host.name, step: 'asking DNS about names and addresses' });
  const greeting = virtualMtas.flatMap(({ sources }) => sources).filter((source) => source.host !== '');
  const { wrong, unknown } = await confirmAll(greeting, resolver);
  if (wrong.length > 0) throw new EeError('PMTA_DNS_WRONG', { problems: wrong, unknown }, { where: host.name });
  if (unknown.length > 0) throw new EeError('PMTA_DNS_UNKNOWN', { problems: unknown }, { where: host.name });
}

function notesOn(seen: SeenConfiguration, content: Buffer): string[] {
  if (!seen.active) return [NOT_LOADED];
  return seen.content ? restartsNeeded(parseDocument(seen.content), parseDocument(content)) : [];
}

/** Waits until no mail waits for the virtual MTAs that go, and lets them go. What is in force meanwhile is safe. */
async function drained(host: Host, content: Buffer, stage: Stage, options: PmtaApplyOptions): Promise<Change[]> {
  const { emit, signal, run, drainTimeout } = options;
  const end = performance.now() + drainTimeout * 1000;
  for (;;) {
    const [output = Buffer.alloc(0)] = await probe(host, stage.resources, { signal });
    const seen = parseSeen(output);
    const { retiring } = at(host, () => nextStep(content, seen));
    if (retiring.length === 0) {
      const [resource] = stage.resources;
      const difference = resource && at(host, () => resource.diff(output));
      if (!resource || !difference) return [];
      return converge(
        asLocked(host),
        { stages: [{ stage, changes: [{ id: resource.id, difference, notifies: [] }], handlers: [] }] },
        { run, emit, signal },
      );
    }
    const waiting = retiring.map((name) => ({ name, recipients: seen.waiting?.get(name) ?? 0 }));
    if (performance.now() >= end) throw new EeError('PMTA_STILL_DRAINING', { waiting }, { where: host.name });
    const said = waiting.map(({ name, recipients }) => `${recipients} of ${name}`).join(', ');
    emit({ kind: 'step', host: host.name, step: `waiting until the mail of old virtual MTAs has gone: ${said}` });
    await sleep(Math.max(0, Math.min(LOOK_EVERY * 1000, end - performance.now())), undefined, { signal }).catch(() => {
      throw new EeError('INTERRUPTED', { during: 'the wait for the mail of old virtual MTAs' });
    });
  }
}
