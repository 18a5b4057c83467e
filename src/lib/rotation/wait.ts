import { setTimeout as sleep } from 'node:timers/promises';
import type { FailedDomain } from './alone.js';
import type { DomainOutcome } from './domain-rotation.js';
import { goesOn } from './interrupted.js';
import { rotate, type Rotated, type RotationRequest } from './rotate.js';
import type { Site } from './site.js';

/** Milliseconds between two looks at DNS. */
const POLL = 15_000;

/** What a run that waited came to. */
export interface Waited extends Rotated {
  /** The time was over before DNS had what is needed, so that a key is not where it could be. */
  readonly timedOut: boolean;
}

/**
 * Drives rotations on until nothing can go on within `seconds`: what waits for others is looked at again and again, what waits for a
 * time that comes too late is left to a later run. `poll` is in milliseconds, and the longest sleep.
 */
export async function rotateAndWait(
  request: RotationRequest,
  site: Site,
  seconds: number,
  poll = POLL,
): Promise<Waited> {
  const end = performance.now() + seconds * 1000;
  const all = new Map<string, DomainOutcome>();
  const failed = new Map<string, FailedDomain>();
  let next = request;
  for (;;) {
    const rotated = await rotate(next, site);
    for (const outcome of rotated.outcomes) all.set(outcome.domain, joined(all.get(outcome.domain), outcome));
    for (const one of rotated.failed) failed.set(one.domain, one);
    const left = end - performance.now();
    const outcomes = [...all.values()].filter(({ domain }) => !failed.has(domain));
    const going = outcomes.filter((one) => untilNext(one, site.now(), left, poll) !== undefined);
    if (going.length === 0) {
      return { outcomes, failed: [...failed.values()], timedOut: outcomes.some((one) => isOpen(one)) };
    }
    const soonest = Math.min(...going.map((one) => untilNext(one, site.now(), left, poll) ?? poll));
    site.waiting(Math.ceil(left / 60_000));
    await sleep(Math.min(soonest, left), undefined, { signal: site.signal }).catch(() => goesOn(site.signal));
    // Neither a second rotation nor a second emergency, and no second try of a key that failed.
    next = { domains: going.map(({ domain }) => domain), begin: false, emergency: false };
  }
}

/** Whether a domain still waits for others, or for its new key to be used: not for a time that was never to come in this run. */
const isOpen = ({ waits, failure }: DomainOutcome): boolean =>
  failure === undefined && waits.some((wait) => wait.until === undefined || wait.for === 'stability');

/** Milliseconds until there may be something to do; nothing where that is not within the time that is left. */
function untilNext({ waits, failure }: DomainOutcome, now: Date, left: number, poll: number): number | undefined {
  if (failure !== undefined || left <= 0) return undefined;
  const times = waits.map(({ until }) =>
    until === undefined ? Math.min(poll, left) : until.getTime() - now.getTime(),
  );
  const within = times.filter((time) => time <= left);
  return within.length === 0 ? undefined : Math.max(1000, Math.min(poll, ...within));
}

function joined(before: DomainOutcome | undefined, after: DomainOutcome): DomainOutcome {
  if (!before) return after;
  return {
    ...after,
    steps: [...before.steps, ...after.steps],
    removed: [...before.removed, ...after.removed],
  };
}
