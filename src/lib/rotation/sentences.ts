import type { DomainKeys } from '../dkim/ledger/domain-keys.js';
import type { Step, Wait } from '../dkim/rotation/steps.js';

/** A step as the operator reads it, done or to be done. `fresh` is the selector that a new key would have. */
export function describeStep(step: Exclude<Step, Wait>, fresh: string): string {
  switch (step.do) {
    case 'generate':
      return `make the key ${fresh}`;
    case 'note':
      return noted(step);
    case 'activate':
      return `sign with ${step.selector} in the place of ${step.replaces}, once a probe through VPS2 verifies`;
    case 'take-back':
      return `keep the former key instead of ${step.selector} (${step.reason})`;
    case 'revoke':
      return `revoke ${step.selector}: its private key leaves VPS2, and DNS shall say that it is revoked`;
    case 'remove':
      return `remove ${step.selector}: its private key is destroyed, and its name may go from DNS`;
  }
}

function noted(step: Extract<Step, { do: 'note' }>): string {
  switch (step.event) {
    case 'published':
      return `DNS answers with ${step.selector}`;
    case 'unpublished':
      return `DNS does not answer rightly with ${step.selector} any more: ${step.reason}`;
    case 'verified':
      return step.early
        ? `the name servers of the zone have ${step.selector}; in an emergency no cache is waited for`
        : `DNS has answered with ${step.selector} for as long as caches may remember what was before`;
    case 'given-up':
      return `${step.selector} is given up, and another key takes its place: ${step.reason}`;
  }
}

/** What a key waits for, as the operator reads it. */
export function describeWait({ selector, for: what, until }: Wait): string {
  const time = until === undefined ? '' : `until ${minute(until)}`;
  switch (what) {
    case 'publication':
      return `${selector} waits for its record in DNS`;
    case 'correction':
      return `${selector} waits for its record in DNS to be corrected`;
    case 'answers':
      return `${selector} waits for name servers to answer: silence says nothing`;
    case 'stability':
      return `${selector} waits ${time}, as long as a cache may remember what was before`;
    case 'grace':
      return `${selector} stays in DNS ${time}: mail that it signed may be on its way`;
    case 'revocation':
      return `${selector} is revoked and waits for DNS to say so`;
    case 'tombstone':
      return `${selector} stays in DNS as revoked ${time}`;
  }
}

/** Milliseconds that two clocks may be apart without a word. */
const CLOCKS_APART = 5 * 60_000;

/** A ledger with a line of a time to come was written by another clock, or this one is wrong: what has its time waits for too long, or not long enough. */
export function clockDoubt({ domain, latest }: DomainKeys, now: Date): string[] {
  if (!latest || latest.getTime() <= now.getTime() + CLOCKS_APART) return [];
  return [
    `the ledger of ${domain} has a line of ${minute(latest)}, which is still to come: look at the clock of this machine, and of the one that wrote it`,
  ];
}

/** A time as people read it: `2026-11-27 20:15 UTC`. */
export const minute = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
