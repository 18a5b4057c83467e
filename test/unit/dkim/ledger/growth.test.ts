import { growthOf, LINEAR } from '../../../support/operations.js';
import { describe, expect, it } from 'vitest';
import type { Happening, LedgerEvent } from '../../../../src/lib/dkim/ledger/event.js';
import { foldLedger } from '../../../../src/lib/dkim/ledger/fold.js';

const began: Happening = { event: 'began', selector: 's0', fingerprint: 'f0', made: '2026-01-01T00:00:00Z' };

const dated = (events: readonly Happening[]): LedgerEvent[] =>
  events.map((event, i) => ({
    ...event,
    at: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString(),
    by: 'a',
    run: 'r',
  }));

/** The way of a key from its making to the place of the one before. */
const rotation = (i: number): Happening[] => [
  { event: 'generated', selector: `s${i}`, fingerprint: `f${i}` },
  { event: 'published', selector: `s${i}`, hold: 1 },
  { event: 'verified', selector: `s${i}` },
  { event: 'activating', selector: `s${i}` },
  { event: 'activated', selector: `s${i}`, replaces: `s${i - 1}` },
];
const recovery = (i: number): Happening => ({
  event: 'recovered',
  selector: `s${i}`,
  fingerprint: `f${i}`,
  made: '2026-01-01T00:00:00Z',
});

describe('reading a ledger costs what its length is', () => {
  it.each<[string, (i: number) => Happening[]]>([
    ['rotations', rotation],
    [
      'rotations to their end',
      (i) => [...rotation(i), { event: 'revoked', selector: `s${i - 1}` }, { event: 'removed', selector: `s${i - 1}` }],
    ],
    ['recoveries', (i) => [recovery(i)]],
    ['emergencies', (i) => [...rotation(i), { event: 'emergency' }]],
    ['recoveries in emergencies', (i) => [recovery(i), { event: 'emergency' }]],
  ])('%s', (_, step) => {
    const growth = growthOf(100, (n) => {
      const events = dated([began, ...Array.from({ length: n }, (_none, i) => step(i + 1)).flat()]);
      return () => foldLedger('example.com', events);
    });
    expect(growth).toBeLessThan(LINEAR);
  });

  it('with more lines than a function takes arguments', () => {
    const events = dated([began, ...Array.from({ length: 200_000 }, (): Happening => ({ event: 'emergency' }))]);
    expect(foldLedger('example.com', events)?.latest).toEqual(new Date(events.at(-1)?.at ?? ''));
  });
});
