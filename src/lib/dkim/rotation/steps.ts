import { isPending, isUnderWay, pendingKey, type DomainKey, type DomainKeys } from '../ledger/domain-keys.js';
import type { Look, Verdict } from './look.js';

/** How long things last, in seconds. */
export interface Policy {
  /** The least time that a key stays in DNS after another took its place. */
  readonly grace: number;
  /** The longest time that a message may wait in a queue. */
  readonly bounceAfter: number;
  /** The time to live of our records, where DNS has not told it. */
  readonly ttl: number;
  /** How long a revoked key stays in DNS as such. */
  readonly revocation: number;
}

const DAY = 24 * 60 * 60;

/** Mail is retried and forwarded for days, and some verify late: never less than a week. A month of revocation defeats replay. */
export const policyFor = (bounceAfter: number, ttl: number): Policy => ({
  grace: 7 * DAY,
  bounceAfter,
  ttl,
  revocation: 30 * DAY,
});

/** What a key waits for. */
export type Awaited =
  /** The operator, to publish the record. */
  | 'publication'
  /** The operator, to correct what is published. */
  | 'correction'
  /** Name servers, to answer at all. */
  | 'answers'
  /** Caches, to forget what was before. */
  | 'stability'
  /** The last mail that it signed, to have arrived. */
  | 'grace'
  /** The operator, to publish that it is revoked. */
  | 'revocation'
  /** The end of the time in which it is published as revoked. */
  | 'tombstone';

/** What to do next about a domain. */
export type Step =
  | { readonly do: 'generate' }
  | { readonly do: 'note'; readonly event: 'published'; readonly selector: string; readonly hold: number }
  | { readonly do: 'note'; readonly event: 'unpublished'; readonly selector: string; readonly reason: string }
  /** `early`: in an emergency no cache is waited for. */
  | { readonly do: 'note'; readonly event: 'verified'; readonly selector: string; readonly early: boolean }
  | { readonly do: 'note'; readonly event: 'given-up'; readonly selector: string; readonly reason: string }
  /** `resume`: an earlier run was cut in it, so that the host may sign with either key. */
  | { readonly do: 'activate'; readonly selector: string; readonly replaces: string; readonly resume: boolean }
  /** The same, but DNS does not answer with the key any more, or its file is lost: the host goes back to the one before. */
  | { readonly do: 'take-back'; readonly selector: string; readonly reason: string }
  | { readonly do: 'revoke'; readonly selector: string }
  | { readonly do: 'remove'; readonly selector: string }
  | Wait;

export interface Wait {
  readonly do: 'wait';
  readonly selector: string;
  readonly for: Awaited;
  /** When it can go on; unknown where that is up to others. */
  readonly until?: Date;
  /** What the servers say. */
  readonly reasons: readonly string[];
}

export interface Present {
  readonly now: Date;
  readonly policy: Policy;
  /** What DNS says, by selector. One that was not looked at is not known. */
  readonly looks: ReadonlyMap<string, Look>;
  /** Keys whose private half is not on this machine any more, by selector, and what is there instead. */
  readonly lost: ReadonlyMap<string, string>;
  /** The operator asked for a rotation, where none is under way. */
  readonly begin: boolean;
}

/**
 * What to do next about a domain, each key for itself; nothing where it is at rest. A key comes into force only once DNS has
 * answered with it for long enough, and one that signed goes only when no mail of it can be on its way. Answers that are not known move nothing.
 */
export function nextSteps(keys: DomainKeys, present: Present): Step[] {
  const pending = pendingKey(keys);
  const emergency = keys.active.compromised;
  const begins = pending === undefined && (emergency || keys.owed || (present.begin && !isUnderWay(keys)));
  return [
    ...(begins ? [{ do: 'generate' } as const] : []),
    ...keys.keys.flatMap((key): Step[] => {
      if (key === pending) return [pendingStep(key, keys.active, emergency && !key.compromised, present)];
      if (isPending(key)) return [{ do: 'revoke', selector: key.selector }]; // known to others before it ever signed
      if (key.state === 'retiring') return [retiringStep(key, keys, present)];
      return key.state === 'revoked' ? [revokedStep(key, present)] : [];
    }),
  ];
}

/** When a key that retires may be revoked. How long caches keep it is known from the records of the domain that were seen. */
function endOfGrace({ since }: DomainKey, { keys }: DomainKeys, { grace, bounceAfter, ttl }: Policy): Date {
  const longest = Math.max(ttl, ...keys.map(({ hold }) => hold ?? 0));
  return after(since, Math.max(grace, bounceAfter + longest));
}

function pendingStep(key: DomainKey, active: DomainKey, emergency: boolean, { now, looks, lost }: Present): Step {
  const { selector, state } = key;
  const loss = lost.get(selector);
  if (loss !== undefined) {
    return state === 'activating'
      ? { do: 'take-back', selector, reason: loss }
      : { do: 'note', event: 'given-up', selector, reason: loss };
  }
  const seen = looks.get(selector);
  const verdict: Verdict = (emergency ? seen?.authoritative : seen?.everywhere) ?? { kind: 'unknown', reasons: [] };
  if (state === 'activating') {
    return seen && verdict.kind === 'right'
      ? { do: 'activate', selector, replaces: active.selector, resume: true }
      : { do: 'take-back', selector, reason: reasonOf(verdict) };
  }
  if (!seen || verdict.kind === 'unknown') return waiting(selector, 'answers', verdict);
  if (verdict.kind !== 'right') {
    if (state === 'generated')
      return waiting(selector, verdict.kind === 'absent' ? 'publication' : 'correction', verdict);
    return { do: 'note', event: 'unpublished', selector, reason: reasonOf(verdict) };
  }
  if (state === 'generated') return { do: 'note', event: 'published', selector, hold: seen.hold };
  if (state === 'verified') return { do: 'activate', selector, replaces: active.selector, resume: false };
  const stable = after(key.since, emergency ? 0 : Math.max(key.hold ?? 0, seen.hold));
  if (now >= stable) return { do: 'note', event: 'verified', selector, early: emergency };
  return { do: 'wait', selector, for: 'stability', until: stable, reasons: [] };
}

function retiringStep(key: DomainKey, keys: DomainKeys, { now, policy }: Present): Step {
  const { selector } = key;
  const until = endOfGrace(key, keys, policy);
  if (key.compromised || now >= until) return { do: 'revoke', selector };
  return { do: 'wait', selector, for: 'grace', until, reasons: [] };
}

function revokedStep({ selector, since }: DomainKey, { now, policy, looks }: Present): Step {
  const withdrawn = looks.get(selector)?.withdrawn ?? { kind: 'unknown', reasons: [] };
  const until = after(since, policy.revocation);
  if (withdrawn.kind === 'wrong') return waiting(selector, 'revocation', withdrawn);
  if (now < until) return { do: 'wait', selector, for: 'tombstone', until, reasons: [] };
  return withdrawn.kind === 'right' ? { do: 'remove', selector } : waiting(selector, 'answers', withdrawn);
}

const waiting = (selector: string, what: Awaited, verdict: Verdict): Wait => ({
  do: 'wait',
  selector,
  for: what,
  reasons: verdict.kind === 'right' ? [] : verdict.reasons,
});

const reasonOf = (verdict: Verdict): string =>
  verdict.kind === 'right' ? '' : verdict.reasons.join('; ') || 'DNS was not asked';

const after = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000);
