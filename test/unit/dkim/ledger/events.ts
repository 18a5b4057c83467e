import type { Happening, LedgerEvent } from '../../../../src/lib/dkim/ledger/event.js';

export const FIRST = { event: 'began', selector: 'mail', fingerprint: 'a', made: '2026-05-01T08:00:00.000Z' } as const;
export const ONE = { event: 'generated', selector: 's20261127', fingerprint: 'b' } as const;

/** Lines of a ledger, an hour apart. */
export const events = (...happenings: readonly Happening[]): LedgerEvent[] =>
  happenings.map((happening, index) => ({
    ...happening,
    at: new Date(Date.UTC(2026, 10, 27, index)).toISOString(),
    by: 'alice@laptop',
    run: '20261127T000000Z-a1b2c3',
  }));
