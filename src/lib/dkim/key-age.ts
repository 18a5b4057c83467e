import type { DomainKey } from './ledger/domain-keys.js';

const DAY = 86_400_000;

/** Days after which a key should be replaced: about half a year is the custom. From the second number on a check fails. */
export const DUE_AFTER = 150;
export const OVERDUE_AFTER = 190;

export type KeyAge = 'fresh' | 'due' | 'overdue';

/** Whole days since a key was made. */
export const ageInDays = ({ made }: DomainKey, now: Date): number =>
  Math.max(0, Math.floor((now.getTime() - made.getTime()) / DAY));

export function ageOf(key: DomainKey, now: Date): KeyAge {
  const days = ageInDays(key, now);
  if (days >= OVERDUE_AFTER) return 'overdue';
  return days >= DUE_AFTER ? 'due' : 'fresh';
}
