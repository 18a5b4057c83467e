import { describe, expect, it } from 'vitest';
import { isUnderWay, pendingKey, type DomainKeys } from '../../../../src/lib/dkim/ledger/domain-keys.js';
import { foldLedger } from '../../../../src/lib/dkim/ledger/fold.js';
import type { Happening } from '../../../../src/lib/dkim/ledger/event.js';
import { events, FIRST, ONE } from './events.js';

const fold = (...happenings: readonly Happening[]): DomainKeys => {
  const keys = foldLedger('mail1.example.com', events(...happenings));
  if (!keys) throw new Error('no key');
  return keys;
};
const states = ({ keys }: DomainKeys): string => keys.map(({ selector, state }) => `${selector} ${state}`).join(', ');
const UNTIL_ACTIVATING = [
  FIRST,
  ONE,
  { event: 'published', selector: 's20261127', hold: 3600 },
  { event: 'verified', selector: 's20261127' },
  { event: 'activating', selector: 's20261127' },
] as const;
const ACTIVATED = [...UNTIL_ACTIVATING, { event: 'activated', selector: 's20261127', replaces: 'mail' }] as const;

describe('the ledger of a domain', () => {
  it('has no keys without a line', () => {
    expect(foldLedger('mail1.example.com', [])).toBeUndefined();
  });

  it('promotes a key and demotes the other in one line', () => {
    expect(states(fold(...UNTIL_ACTIVATING))).toBe('mail active, s20261127 activating');
    expect(states(fold(...ACTIVATED))).toBe('mail retiring, s20261127 active');
  });

  it('follows a key to its end, and then no rotation is under way', () => {
    const ended = fold(...ACTIVATED, { event: 'revoked', selector: 'mail' }, { event: 'removed', selector: 'mail' });
    expect(states(ended)).toBe('mail removed, s20261127 active');
    expect(isUnderWay(ended)).toBe(false);
    expect(isUnderWay(fold(...ACTIVATED))).toBe(true);
    expect(isUnderWay(fold(FIRST))).toBe(false);
  });

  it('remembers why a key went a step back, until it goes forward again', () => {
    const published = { event: 'published', selector: 's20261127', hold: 60 } as const;
    const back = fold(FIRST, ONE, published, {
      event: 'unpublished',
      selector: 's20261127',
      reason: 'ns1: two records',
    });
    expect(back.keys[1]).toMatchObject({ state: 'generated', setback: 'ns1: two records' });
    const failed = fold(...UNTIL_ACTIVATING, { event: 'activation-failed', selector: 's20261127', reason: 'no probe' });
    expect(failed.keys[1]).toMatchObject({ state: 'verified', setback: 'no probe', hold: 3600 });
    expect(fold(FIRST, ONE, published).keys[1]).not.toHaveProperty('setback');
  });

  it('lets a key that never signed go when it is given up, one that may have signed retire, and owes another one', () => {
    const givenUp = { event: 'given-up', selector: 's20261127', reason: 'it is missing' } as const;
    const early = fold(FIRST, ONE, givenUp);
    expect(states(early)).toBe('mail active, s20261127 removed');
    expect([early.owed, isUnderWay(early)]).toEqual([true, true]);
    const made = fold(FIRST, ONE, givenUp, { ...ONE, selector: 's20261127b', fingerprint: 'c' });
    expect([states(made), made.owed]).toEqual(['mail active, s20261127 removed, s20261127b generated', false]);
    const failed = { event: 'activation-failed', selector: 's20261127', reason: 'no probe' } as const;
    expect(states(fold(...UNTIL_ACTIVATING, failed, givenUp))).toBe('mail active, s20261127 retiring');
    expect(() => fold(...UNTIL_ACTIVATING, givenUp)).toThrow('the key s20261127 is activating and cannot be given up');
    expect(() => fold(FIRST, { ...givenUp, selector: 'mail' })).toThrow(
      'the key mail is active and cannot be given up',
    );
  });

  it('takes the key that VPS2 signs with for the active one, and lets all others retire', () => {
    const found = {
      event: 'recovered',
      selector: 's20261201',
      fingerprint: 'z',
      made: '2026-12-01T00:00:00Z',
    } as const;
    const recovered = fold(FIRST, ONE, found);
    expect(states(recovered)).toBe('mail retiring, s20261127 retiring, s20261201 active');
    expect(recovered.active.selector).toBe('s20261201');
    expect(states(fold(FIRST, ONE, { ...found, selector: 's20261127', fingerprint: 'b' }))).toBe(
      'mail retiring, s20261127 active',
    );
    expect(() => fold(FIRST, ONE, { ...found, selector: 's20261127' })).toThrow('cannot be recovered');
    expect(() => fold(FIRST, { ...found, selector: 'mail' })).toThrow('the key mail is active and cannot be recovered');
  });

  it('knows when the last emergency was, and when its latest line was written', () => {
    expect(fold(FIRST)).not.toHaveProperty('emergency');
    const declared = fold(FIRST, ONE, { event: 'emergency' });
    expect(declared.emergency).toEqual(new Date('2026-11-27T02:00:00Z'));
    expect(declared.latest).toEqual(new Date('2026-11-27T02:00:00Z'));
  });

  it('counts every key of the time of an emergency as known to others, and none that is made later', () => {
    const declared = fold(FIRST, ONE, { event: 'emergency' }, { ...ONE, selector: 's20261127b', fingerprint: 'c' });
    expect(declared.keys.map(({ compromised }) => compromised)).toEqual([true, true, false]);
    expect(pendingKey(declared)?.selector).toBe('s20261127b');
    expect(states(fold(FIRST, ONE, { event: 'emergency' }, { event: 'revoked', selector: 's20261127' }))).toBe(
      'mail active, s20261127 revoked',
    );
  });

  it.each([
    ['line 2: it begins a second time', [FIRST, FIRST]],
    ['line 1: the key s20261127 is made before there is an active one', [ONE]],
    ['line 3: the selector s20261127 is used a second time', [FIRST, ONE, ONE]],
    ['line 3: a key is pending already', [FIRST, ONE, { ...ONE, selector: 's20261128' }]],
    ['line 2: there is no key gone', [FIRST, { event: 'verified', selector: 'gone' }]],
    [
      'line 3: the key s20261127 is generated and cannot be activated',
      [FIRST, ONE, { event: 'activated', selector: 's20261127', replaces: 'mail' }],
    ],
    ['line 2: the key mail is active and cannot be revoked', [FIRST, { event: 'revoked', selector: 'mail' }]],
    [
      'line 6: the key s20261126 is not the active one',
      [...UNTIL_ACTIVATING, { event: 'activated', selector: 's20261127', replaces: 's20261126' }],
    ],
    ['line 1: an emergency is declared before there is a key', [{ event: 'emergency' }]],
  ] as const)('refuses what cannot follow: %s', (message, happenings) => {
    const [, line, reason] = /^line (\d+): (.*)$/.exec(message) ?? [];
    expect(() => foldLedger('mail1.example.com', events(...happenings))).toThrow(
      expect.objectContaining({ line: Number(line), message: reason }) as Error,
    );
  });
});
