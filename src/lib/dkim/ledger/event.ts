/** What can happen to a key, or to a domain, as the ledger has it. */
export type Happening =
  /** The first key of a domain: it signs from the start. `made` is when, in case the line was written later. */
  | { readonly event: 'began'; readonly selector: string; readonly fingerprint: string; readonly made: string }
  | { readonly event: 'generated'; readonly selector: string; readonly fingerprint: string }
  /** Every server answered rightly. `hold` is how many seconds that must last: what a cache may still have of before. */
  | { readonly event: 'published'; readonly selector: string; readonly hold: number }
  | { readonly event: 'unpublished'; readonly selector: string; readonly reason: string }
  | { readonly event: 'verified'; readonly selector: string }
  /** Written before the host is touched: from here on it may sign with either key. */
  | { readonly event: 'activating'; readonly selector: string }
  | { readonly event: 'activation-failed'; readonly selector: string; readonly reason: string }
  /** One line promotes a key and demotes the other, so that there is no instant without an active key, nor one with two. */
  | { readonly event: 'activated'; readonly selector: string; readonly replaces: string }
  | { readonly event: 'revoked'; readonly selector: string }
  | { readonly event: 'removed'; readonly selector: string }
  /** The private key of one that was to sign is lost. Nothing was signed with it, or it goes as any that signed. */
  | { readonly event: 'given-up'; readonly selector: string; readonly reason: string }
  /** VPS2 signs with a key of which this ledger does not know that: the ledger was older, and the key was brought back from there. */
  | { readonly event: 'recovered'; readonly selector: string; readonly fingerprint: string; readonly made: string }
  /** All keys that the domain has at this moment are known to others. */
  | { readonly event: 'emergency' };

/** One line of the ledger: what happened, when (ISO 8601, UTC), by whom and in which run. */
export type LedgerEvent = Happening & { readonly at: string; readonly by: string; readonly run: string };

/** What each kind of line says beside its own name. */
const FIELDS: Readonly<Record<Happening['event'], Readonly<Record<string, 'text' | 'time' | 'number'>>>> = {
  began: { selector: 'text', fingerprint: 'text', made: 'time' },
  generated: { selector: 'text', fingerprint: 'text' },
  published: { selector: 'text', hold: 'number' },
  unpublished: { selector: 'text', reason: 'text' },
  verified: { selector: 'text' },
  activating: { selector: 'text' },
  'activation-failed': { selector: 'text', reason: 'text' },
  activated: { selector: 'text', replaces: 'text' },
  revoked: { selector: 'text' },
  removed: { selector: 'text' },
  'given-up': { selector: 'text', reason: 'text' },
  recovered: { selector: 'text', fingerprint: 'text', made: 'time' },
  emergency: {},
};

/** Reads one line. Throws an Error that says what is wrong with it. */
export function parseEvent(line: string): LedgerEvent {
  const value = parseJson(line);
  const name = value['event'];
  if (typeof name !== 'string' || !Object.hasOwn(FIELDS, name)) throw new Error(`it has no event that is known`);
  const fields = { at: 'time', by: 'text', run: 'text', ...FIELDS[name as Happening['event']] };
  for (const [field, kind] of Object.entries(fields)) {
    if (!isOf(kind, value[field])) throw new Error(`its "${field}" is missing or no ${kind}`);
  }
  return value as unknown as LedgerEvent;
}

function parseJson(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Error('it is no JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no JSON object');
  return value as Record<string, unknown>;
}

function isOf(kind: string, value: unknown): boolean {
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) && value >= 0;
  return typeof value === 'string' && value !== '' && (kind === 'text' || !Number.isNaN(Date.parse(value)));
}
