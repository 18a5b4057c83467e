import type { DomainKeys } from '../dkim/ledger/domain-keys.js';
import { activate, type Pending, type StepOf } from './activation.js';
import { Alone, isOwn, type FailedDomain } from './alone.js';
import { DomainRotation, type DomainOutcome, type HostStep } from './domain-rotation.js';
import { goesOn } from './interrupted.js';
import { describeStep, minute } from './sentences.js';
import type { Dns, Site } from './site.js';

export interface RotationRequest {
  readonly domains: readonly string[];
  /** Begin a rotation where none is under way. */
  readonly begin: boolean;
  /** The present keys are known to others. */
  readonly emergency: boolean;
}

/** What came of a request: of each domain, or why nothing did. */
export interface Rotated {
  readonly outcomes: readonly DomainOutcome[];
  readonly failed: readonly FailedDomain[];
}

/**
 * Drives the rotations of some domains as far as they can go now. Everything that is done is noted in the ledger before the next thing
 * begins, so that a run that is cut anywhere continues with the next one. A domain whose keys are not in order fails alone.
 */
export async function rotate({ domains, begin, emergency }: RotationRequest, site: Site): Promise<Rotated> {
  const alone = new Alone();
  if (emergency) await declareEmergency(domains, site, alone);
  const rotations = domains.map((domain) => new DomainRotation(domain, site, begin));
  let confirmed = emergency;
  for (;;) {
    const dns = site.dns();
    const pending = (await alone.all(rotations, (rotation) => advanced(rotation, dns))).flat();
    if (pending.length === 0) break;
    if (!confirmed) await site.confirm(pending.map(intention));
    confirmed = true;
    try {
      await onHost(pending, site);
    } catch (error) {
      // The configuration of the host holds all domains: one whose key is not known keeps the others from it.
      if (!isOwn(error)) throw error;
      for (const { rotation } of pending) alone.fail(rotation.domain, error);
    }
  }
  return { outcomes: await alone.all(rotations, (rotation) => rotation.outcome()), failed: alone.failed };
}

/** What a run would do now. Nothing is changed, neither here nor on the host. */
export async function intendedRotation(request: RotationRequest, site: Site): Promise<Rotated> {
  const { domains, begin, emergency } = request;
  const alone = new Alone();
  const rotations = domains.map((domain) => new DomainRotation(domain, site, begin));
  return { outcomes: await alone.all(rotations, (rotation) => rotation.intended(emergency)), failed: alone.failed };
}

/** What an emergency costs, in the words in which the operator is asked. */
export const EMERGENCY_COST =
  'mail that is queued or on its way, signed with a key of before, fails DKIM from the moment when DNS says that the key is revoked';

/** Notes that all present keys are known to others, once: a run that continues an emergency declares no second one. */
async function declareEmergency(domains: readonly string[], site: Site, alone: Alone): Promise<void> {
  const known = await alone.all(
    domains.map((domain) => ({ domain })),
    ({ domain }) => site.keys.read(domain),
  );
  const calm = known.filter(({ active }) => !active.compromised);
  if (calm.length === 0) return;
  await site.confirm([
    ...calm.flatMap(formerEmergency),
    ...calm.map(({ domain }) => `${domain}: replace all of its keys now, and revoke them at once`),
    EMERGENCY_COST,
  ]);
  for (const { domain } of calm) await site.keys.note(domain, { event: 'emergency' });
}

/** Typed again after it has ended, the same command is about the new key: that is seldom what is meant. */
function formerEmergency({ domain, emergency, active }: DomainKeys): string[] {
  if (!emergency) return [];
  return [
    `${domain}: the last emergency, declared on ${minute(emergency)}, has ended: ${active.selector} signs since ${minute(active.since)}; another one counts that key as known to others too`,
  ];
}

const advanced = async (rotation: DomainRotation, dns: Dns): Promise<Pending[]> =>
  (await rotation.advance(dns)).map((step) => ({ rotation, step }));

/** One round on the host: first what signs, then what goes. */
async function onHost(pending: readonly Pending[], site: Site): Promise<void> {
  const [activations, returns] = [of(pending, 'activate'), of(pending, 'take-back')];
  // What goes waits for the next round then: activations decide which keys still sign.
  if (activations.length + returns.length > 0) return activate(activations, returns, site);
  await revoke(of(pending, 'revoke'), site);
  await remove(of(pending, 'remove'), site);
}

const of = <Kind extends HostStep['do']>(pending: readonly Pending[], kind: Kind): Pending<StepOf<Kind>>[] =>
  pending.flatMap(({ rotation, step }) => (step.do === kind ? [{ rotation, step: step as StepOf<Kind> }] : []));

async function revoke(revocations: readonly Pending<StepOf<'revoke'>>[], { host, keys, signal }: Site): Promise<void> {
  if (revocations.length === 0) return;
  await host.alone(async (held) => {
    await held.assertCurrent();
    for (const { rotation, step } of revocations) {
      goesOn(signal);
      await held.forget(rotation.domain, step.selector);
      await keys.note(rotation.domain, { event: 'revoked', selector: step.selector });
      rotation.did(`${step.selector} is revoked; its private key is gone from VPS2`);
    }
  });
}

async function remove(removals: readonly Pending<StepOf<'remove'>>[], { keys, signal }: Site): Promise<void> {
  for (const { rotation, step } of removals) {
    goesOn(signal);
    await keys.discard(rotation.domain, step.selector);
    await keys.note(rotation.domain, { event: 'removed', selector: step.selector });
    rotation.removed(step.selector);
    rotation.did(`${step.selector} is removed; its private key is destroyed`);
  }
}

const intention = ({ rotation, step }: Pending): string => `${rotation.domain}: ${describeStep(step, '')}`;
