import { describe, expect, it } from 'vitest';
import { freshSelector } from '../../../../src/lib/dkim/rotation/fresh-selector.js';

const NIGHT = new Date('2026-11-27T23:59:59Z');

describe('the selector of a new key', () => {
  it('[R64] carries the date, and no key ever had it', async () => {
    expect(await freshSelector(NIGHT, async () => false)).toBe('s20261127');
    const taken = new Set(['s20261127', 's20261127b']);
    expect(await freshSelector(NIGHT, async (selector) => taken.has(selector))).toBe('s20261127c');
  });

  it('is another one however many there were on one day', async () => {
    const taken = new Set<string>();
    for (let count = 0; count < 60; count += 1) {
      taken.add(await freshSelector(NIGHT, async (selector) => taken.has(selector)));
    }
    expect([...taken].slice(23, 28)).toEqual(
      ['s20261127x', 's20261127y', 's20261127z', 's20261127zb', 's20261127zc'].slice(0, 5),
    );
    expect(taken.size).toBe(60);
    for (const selector of taken) expect(selector).toMatch(/^[a-z0-9]{1,63}$/);
  });
});
