import { describe, expect, it } from 'vitest';
import { ageInDays, ageOf } from '../../../src/lib/dkim/key-age.js';
import { foldLedger } from '../../../src/lib/dkim/ledger/fold.js';
import { events, FIRST } from './ledger/events.js';

const key = foldLedger('mail1.example.com', events(FIRST))?.active;
const after = (days: number): Date => new Date(Date.parse(FIRST.made) + days * 86_400_000);

describe('the age of a key', () => {
  it('is due from 150 days on, and overdue from 190 days on', () => {
    if (!key) throw new Error('no key');
    expect([0, 149.9, 150, 189.9, 190].map((days) => ageOf(key, after(days)))).toEqual([
      'fresh',
      'fresh',
      'due',
      'due',
      'overdue',
    ]);
    expect(ageInDays(key, after(149.9))).toBe(149);
    expect(ageInDays(key, after(-1))).toBe(0);
  });
});
