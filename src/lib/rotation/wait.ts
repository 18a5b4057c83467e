import { setTimeout as sleep } from 'node:timers/promises';
import type { DomainOutcome } from './domain-rotation.js';
import { goesOn } from './interrupted.js';
import { rotate, type RotationRequest } from './rotate.js';
import type { Site } from './site.js';

/** Milliseconds between two looks at DNS. */
const POLL = 15_000;

/**
 * Drives rotations on until nothing can go on within `seconds`: what waits for others is looked at again and again, what waits for a
 * time that comes too late is left to a later run. `poll` is in milliseconds, and the longest sleep.
 */
export async function rotateAndWait(
  request: RotationRequest,
  site: Site,
  seconds: number,
  poll = POLL,
): Promise<DomainOutcome[]> {
  const end = performance.now() + seconds * 1000;
  const all = new Map<string, DomainOutcome>();
  let next = request;
  for (;;) {
    for (const outcome of await rotate(next, site)) all.set(outcome.domain, joined(all.get(outcome.domain), outcome));
    const left = end - performance.now();
    const going = [...all.values()].filter((one) => untilNext(one, site.now(), left, poll) !== undefined);
    if (going.length === 0) return [...all.values()];
    const soonest = Math.min(...going.map((one) => untilNext(one, site.now(), left, poll) ?? poll));
    site.tell(`waiting; ${Math.ceil(left / 60_000)} minutes are left`);
    await sleep(Math.min(soonest, left), undefined, { signal: site.signal }).catch(() => goesOn(site.signal));
    // Neither a second rotation nor a second emergency, and no second try of a key that failed.
    next = { domains: going.map(({ domain }) => domain), begin: false, emergency: false };
  }
}

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
