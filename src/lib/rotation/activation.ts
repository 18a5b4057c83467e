import { EeError, type FailureCode } from '../errors.js';
import type { DomainRotation, HostStep } from './domain-rotation.js';
import { goesOn } from './interrupted.js';
import type { HeldHost, Proof, Signing, Site } from './site.js';

/** A step of a domain on the host. */
export interface Pending<Of extends HostStep = HostStep> {
  readonly rotation: DomainRotation;
  readonly step: Of;
}

export type StepOf<Kind extends HostStep['do']> = Extract<HostStep, { do: Kind }>;
type Activation = Pending<StepOf<'activate'>>;
type Return = Pending<StepOf<'take-back'>>;

const NOBODY: Signing = new Map();

/** Where activations take place: the site, with its host under one lock from the first look at it to the last note about it. */
type HeldSite = Omit<Site, 'host'> & { readonly host: HeldHost };

/**
 * Puts new keys into force, those of all domains in one application, and proves each by a message whose signature verifies. A key that
 * does not prove itself goes back alone. Until a key is noted as active the one before is: a run that is cut anywhere in here leaves
 * a host that signs with one of two keys which DNS both has.
 */
export async function activate(
  activations: readonly Activation[],
  returns: readonly Return[],
  site: Site,
): Promise<void> {
  await site.host.alone((host) => activateAlone(activations, returns, { ...site, host }));
}

async function activateAlone(
  activations: readonly Activation[],
  returns: readonly Return[],
  site: HeldSite,
): Promise<void> {
  const { host, keys, signal } = site;
  const signing: Signing = new Map(activations.map(({ rotation, step }) => [rotation.domain, step.selector]));
  // After a cut run the host may have the new configuration or the old one.
  const isResumed = returns.length > 0 || activations.some(({ step }) => step.resume);
  if (!isResumed) await host.assertCurrent();
  if (activations.length > 0) await host.bring(signing);
  for (const { rotation, step } of activations) {
    if (!step.resume) await keys.note(rotation.domain, { event: 'activating', selector: step.selector });
  }
  goesOn(signal);
  try {
    await host.apply(signing);
  } catch (error) {
    return takenBack([...activations, ...returns], error, site);
  }
  for (const one of returns) await setBack(one, one.step.reason, site);
  if (activations.length === 0) return;
  let proofs: ReadonlyMap<string, Proof>;
  try {
    proofs = await host.prove([...signing.keys()]);
  } catch (error) {
    return takenBack(activations, error, site);
  }
  await conclude(activations, proofs, site);
}

/** Notes as active what proved itself, and lets the others go back. */
async function conclude(
  activations: readonly Activation[],
  proofs: ReadonlyMap<string, Proof>,
  site: HeldSite,
): Promise<void> {
  const failed: { one: Activation; reason: string }[] = [];
  for (const one of activations) {
    const { domain } = one.rotation;
    const { selector, replaces } = one.step;
    const proof = proofs.get(domain) ?? { kind: 'failed', reason: 'no probe message came' };
    if (proof.kind === 'failed') failed.push({ one, reason: proof.reason });
    else if (proof.selector !== selector) failed.push({ one, reason: `the probe is signed with ${proof.selector}` });
    else {
      await site.keys.note(domain, { event: 'activated', selector, replaces });
      one.rotation.did(`mail is signed with ${selector} in the place of ${replaces}; a probe through VPS2 verifies`);
    }
  }
  if (failed.length === 0) return;
  await site.host.apply(NOBODY);
  for (const { one, reason } of failed) await setBack(one, reason, site);
}

/** Failures that leave open what is in force. */
const UNKNOWN: readonly FailureCode[] = ['SSH_LOST', 'SSH_SILENT', 'LOCK_LOST', 'INTERRUPTED'];

/** The application failed, or its proof could not be made. The former configuration is in force, or comes back now; where neither is known, the next run decides. */
async function takenBack(all: readonly (Activation | Return)[], error: unknown, site: HeldSite): Promise<void> {
  const isKnown = error instanceof EeError && !UNKNOWN.includes(error.code);
  if (!isKnown || site.signal.aborted) throw error;
  try {
    await site.host.apply(NOBODY);
  } catch {
    throw error;
  }
  for (const one of all) await setBack(one, error.message, site);
}

async function setBack({ rotation, step }: Activation | Return, reason: string, { keys }: HeldSite): Promise<void> {
  await keys.note(rotation.domain, { event: 'activation-failed', selector: step.selector, reason });
  rotation.failed(reason);
}
