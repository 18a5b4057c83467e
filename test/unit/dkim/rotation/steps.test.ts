import { describe, expect, it } from 'vitest';
import { foldLedger } from '../../../../src/lib/dkim/ledger/fold.js';
import type { Happening } from '../../../../src/lib/dkim/ledger/event.js';
import type { Look, Verdict } from '../../../../src/lib/dkim/rotation/look.js';
import { nextSteps, policyFor, type Step } from '../../../../src/lib/dkim/rotation/steps.js';
import { events, FIRST, ONE } from '../ledger/events.js';

const DAY = 86_400;
const POLICY = policyFor(4.5 * DAY, 3600);
const S = 's20261127';
const RIGHT: Verdict = { kind: 'right' };
const UNKNOWN: Verdict = { kind: 'unknown', reasons: ['ns1: no answer in time'] };
const WRONG: Verdict = { kind: 'wrong', reasons: ['ns2: it has another key'] };
const ABSENT: Verdict = { kind: 'absent', reasons: ['ns2: the name does not exist'] };

const lookOf = (everywhere: Verdict, more: Partial<Look> = {}): Look => ({
  authoritative: everywhere,
  everywhere,
  withdrawn: UNKNOWN,
  hold: 3600,
  ...more,
});

/** What is next after these lines, which are an hour apart from midnight on; `at` is an hour of that night. */
function next(
  happenings: readonly Happening[],
  at: number,
  looks: Readonly<Record<string, Look>> = {},
  begin = false,
  lost: Readonly<Record<string, string>> = {},
): Step[] {
  const keys = foldLedger('mail1.example.com', events(...happenings));
  if (!keys) throw new Error('no key');
  const now = new Date(Date.UTC(2026, 10, 27) + at * 3_600_000);
  return nextSteps(keys, {
    now,
    policy: POLICY,
    looks: new Map(Object.entries(looks)),
    lost: new Map(Object.entries(lost)),
    begin,
  });
}

const PUBLISHED = [FIRST, ONE, { event: 'published', selector: S, hold: 3600 }] as const;
const VERIFIED = [...PUBLISHED, { event: 'verified', selector: S }] as const;
const ACTIVATING = [...VERIFIED, { event: 'activating', selector: S }] as const;
const ACTIVATED = [...ACTIVATING, { event: 'activated', selector: S, replaces: 'mail' }] as const;
const REVOKED = [...ACTIVATED, { event: 'revoked', selector: 'mail' }] as const;
const hours = (count: number) => new Date(Date.UTC(2026, 10, 27) + count * 3_600_000);

describe('the next steps of a domain', () => {
  it('are none at rest, and a new key when the operator asks for a rotation and none is under way', () => {
    expect(next([FIRST], 1)).toEqual([]);
    expect(next([FIRST], 1, {}, true)).toEqual([{ do: 'generate' }]);
    expect(next([...REVOKED, { event: 'removed', selector: 'mail' }], 1, {}, true)).toEqual([{ do: 'generate' }]);
    expect(next(REVOKED, 7, {}, true)).toEqual([
      { do: 'wait', selector: 'mail', for: 'tombstone', until: hours(6 + 720), reasons: [] },
    ]);
  });

  it('wait for the record to be published, to be corrected, or for servers to answer', () => {
    const wait = { do: 'wait', selector: S };
    expect(next([FIRST, ONE], 2, { [S]: lookOf(ABSENT) })).toEqual([
      { ...wait, for: 'publication', reasons: ABSENT.reasons },
    ]);
    expect(next([FIRST, ONE], 2, { [S]: lookOf(WRONG) })).toEqual([
      { ...wait, for: 'correction', reasons: WRONG.reasons },
    ]);
    expect(next([FIRST, ONE], 2, { [S]: lookOf(UNKNOWN) })).toEqual([
      { ...wait, for: 'answers', reasons: UNKNOWN.reasons },
    ]);
    expect(next([FIRST, ONE], 2)).toEqual([{ ...wait, for: 'answers', reasons: [] }]);
  });

  it('wait after the first right answer for as long as caches may remember, then verify and activate', () => {
    const right = { [S]: lookOf(RIGHT) };
    expect(next([FIRST, ONE], 2, right)).toEqual([{ do: 'note', event: 'published', selector: S, hold: 3600 }]);
    expect(next(PUBLISHED, 2.9, right)).toEqual([
      { do: 'wait', selector: S, for: 'stability', until: hours(3), reasons: [] },
    ]);
    expect(next(PUBLISHED, 3, right)).toEqual([{ do: 'note', event: 'verified', selector: S, early: false }]);
    expect(next(VERIFIED, 4, right)).toEqual([{ do: 'activate', selector: S, replaces: 'mail', resume: false }]);
    expect(next(PUBLISHED, 3, { [S]: lookOf(RIGHT, { hold: 7200 }) })).toMatchObject([
      { for: 'stability', until: hours(4) },
    ]);
  });

  it('[R93] are not moved by answers that do not come, in either direction', () => {
    for (const before of [PUBLISHED, VERIFIED]) {
      expect(next(before, 9, { [S]: lookOf(UNKNOWN) })).toEqual([
        { do: 'wait', selector: S, for: 'answers', reasons: UNKNOWN.reasons },
      ]);
    }
  });

  it('go back to the beginning when the answers are no longer right', () => {
    for (const before of [PUBLISHED, VERIFIED]) {
      expect(next(before, 9, { [S]: lookOf(WRONG) })).toEqual([
        { do: 'note', event: 'unpublished', selector: S, reason: 'ns2: it has another key' },
      ]);
    }
  });

  it('finish an activation that was cut, and take it back where DNS no longer has the key', () => {
    expect(next(ACTIVATING, 5, { [S]: lookOf(RIGHT) })).toEqual([
      { do: 'activate', selector: S, replaces: 'mail', resume: true },
    ]);
    expect(next(ACTIVATING, 5, { [S]: lookOf(WRONG) })).toEqual([
      { do: 'take-back', selector: S, reason: 'ns2: it has another key' },
    ]);
    expect(next(ACTIVATING, 5, { [S]: lookOf(UNKNOWN) })).toMatchObject([{ do: 'take-back' }]);
  });

  it('[R64] keep the former key in DNS for a week, or for as long as a message may be on its way, if that is longer', () => {
    expect(next(ACTIVATED, 6)).toEqual([
      { do: 'wait', selector: 'mail', for: 'grace', until: hours(5 + 7 * 24), reasons: [] },
    ]);
    expect(next(ACTIVATED, 5 + 7 * 24)).toEqual([{ do: 'revoke', selector: 'mail' }]);
    const keys = foldLedger('mail1.example.com', events(...ACTIVATED));
    const late =
      keys &&
      nextSteps(keys, {
        now: hours(6),
        policy: policyFor(10 * DAY, 3600),
        looks: new Map(),
        lost: new Map(),
        begin: false,
      });
    expect(late).toMatchObject([{ for: 'grace', until: hours(5 + 10 * 24 + 1) }]);
  });

  it('remove a revoked key after a month, and only once DNS has stopped answering with it', () => {
    const gone = { mail: lookOf(UNKNOWN, { withdrawn: RIGHT }) };
    expect(next(REVOKED, 6 + 719, gone)).toMatchObject([{ for: 'tombstone', until: hours(6 + 720) }]);
    expect(next(REVOKED, 6 + 720, gone)).toEqual([{ do: 'remove', selector: 'mail' }]);
    expect(next(REVOKED, 6 + 720, { mail: lookOf(UNKNOWN, { withdrawn: UNKNOWN }) })).toMatchObject([
      { for: 'answers' },
    ]);
    for (const at of [7, 6 + 720]) {
      expect(next(REVOKED, at, { mail: lookOf(UNKNOWN, { withdrawn: WRONG }) })).toMatchObject([{ for: 'revocation' }]);
    }
  });
});

describe('the next steps with a key whose file is lost', () => {
  const lost = { [S]: 'its file is missing' };
  const givenUp = { event: 'given-up', selector: S, reason: 'its file is missing' } as const;

  it('give it up, whatever DNS says, and make another one in its place although no rotation is asked for', () => {
    for (const [lines, verdict] of [
      [[FIRST, ONE], ABSENT],
      [PUBLISHED, RIGHT],
      [VERIFIED, UNKNOWN],
    ] as const) {
      expect(next(lines, 9, { [S]: lookOf(verdict) }, false, lost)).toEqual([{ do: 'note', ...givenUp }]);
      expect(next([...lines, givenUp], 9)).toEqual([{ do: 'generate' }]);
    }
    const again = { event: 'generated', selector: 's20261127b', fingerprint: 'c' } as const;
    expect(next([FIRST, ONE, givenUp, again], 9)).toMatchObject([{ do: 'wait', selector: 's20261127b' }]);
  });

  it('lead back to the former key while it may sign, and let it retire then as any that signed', () => {
    expect(next(ACTIVATING, 9, { [S]: lookOf(RIGHT) }, false, lost)).toEqual([
      { do: 'take-back', selector: S, reason: 'its file is missing' },
    ]);
    const back = [...ACTIVATING, { event: 'activation-failed', selector: S, reason: 'its file is missing' }] as const;
    expect(next(back, 9, {}, false, lost)).toEqual([{ do: 'note', ...givenUp }]);
    expect(next([...back, givenUp], 9)).toEqual([
      { do: 'generate' },
      { do: 'wait', selector: S, for: 'grace', until: hours(6 + 168), reasons: [] },
    ]);
  });

  it('are the same as ever where the lost one is active', () => {
    expect(next(VERIFIED, 9, { [S]: lookOf(RIGHT) }, false, { mail: 'its file is missing' })).toMatchObject([
      { do: 'activate', selector: S },
    ]);
  });
});

describe('the next steps in an emergency', () => {
  const EMERGENCY = { event: 'emergency' } as const;
  const FRESH = { event: 'generated', selector: 's20261127b', fingerprint: 'c' } as const;

  it('are a new key, also while another one is pending or retiring, and the end of those', () => {
    expect(next([FIRST, EMERGENCY], 2)).toEqual([{ do: 'generate' }]);
    expect(next([FIRST, ONE, EMERGENCY], 3)).toEqual([{ do: 'generate' }, { do: 'revoke', selector: S }]);
    expect(next([...ACTIVATED, EMERGENCY], 7)).toEqual([{ do: 'generate' }, { do: 'revoke', selector: 'mail' }]);
  });

  it('ask the name servers of the zone alone, wait for no cache, and revoke at once', () => {
    const ofZone = { s20261127b: lookOf(ABSENT, { authoritative: RIGHT }) };
    const begun = [FIRST, EMERGENCY, FRESH] as const;
    expect(next(begun, 3, ofZone)).toEqual([{ do: 'note', event: 'published', selector: 's20261127b', hold: 3600 }]);
    const published = [...begun, { event: 'published', selector: 's20261127b', hold: 3600 }] as const;
    expect(next(published, 3, ofZone)).toEqual([
      { do: 'note', event: 'verified', selector: 's20261127b', early: true },
    ]);
    const activated = [
      ...published,
      { event: 'verified', selector: 's20261127b' },
      { event: 'activating', selector: 's20261127b' },
      { event: 'activated', selector: 's20261127b', replaces: 'mail' },
    ] as const;
    expect(next(activated, 6)).toEqual([{ do: 'revoke', selector: 'mail' }]);
  });

  it('first finish an activation that was cut', () => {
    expect(next([...ACTIVATING, EMERGENCY], 6, { [S]: lookOf(RIGHT) })).toEqual([
      { do: 'activate', selector: S, replaces: 'mail', resume: true },
    ]);
  });
});
