import type { LedgerEvent } from './event.js';

/**
 * Where a key is on its way. One key of a domain is active at every instant; keys before that wait for their turn, keys after it
 * stay in DNS until no mail that they signed can be on its way any more.
 */
export type KeyState =
  'generated' | 'published' | 'verified' | 'activating' | 'active' | 'retiring' | 'revoked' | 'removed';

export interface DomainKey {
  readonly selector: string;
  /** SHA-256 of the public half as SubjectPublicKeyInfo, in hex. */
  readonly fingerprint: string;
  readonly state: KeyState;
  readonly made: Date;
  /** When it came into this state. */
  readonly since: Date;
  /** Seconds that a cache may keep an answer about it; unknown until it was seen in DNS. */
  readonly hold?: number;
  /** It is known to others: it existed when an emergency was declared. */
  readonly compromised: boolean;
  /** Why it last went a step back. */
  readonly setback?: string;
}

/** The keys of a domain, in the order in which they were made. */
export interface DomainKeys {
  readonly domain: string;
  readonly keys: readonly DomainKey[];
  readonly active: DomainKey;
}

/** The states from which each event leads, and the one it leads to. */
const WAYS: Readonly<Record<string, { readonly from: readonly KeyState[]; readonly to: KeyState }>> = {
  published: { from: ['generated'], to: 'published' },
  unpublished: { from: ['published', 'verified'], to: 'generated' },
  verified: { from: ['published'], to: 'verified' },
  activating: { from: ['verified'], to: 'activating' },
  'activation-failed': { from: ['activating'], to: 'verified' },
  activated: { from: ['activating'], to: 'active' },
  revoked: { from: ['retiring'], to: 'revoked' },
  removed: { from: ['revoked'], to: 'removed' },
};

/** States of a key that never signed yet and is on its way to. */
const PENDING: readonly KeyState[] = ['generated', 'published', 'verified', 'activating'];

export const isPending = ({ state }: DomainKey): boolean => PENDING.includes(state);

/** The key that will be active next, if there is one; not one that is known to others, unless it is on its way into force. */
export const pendingKey = ({ keys }: DomainKeys): DomainKey | undefined =>
  keys.find((key) => isPending(key) && (!key.compromised || key.state === 'activating'));

/** A rotation is under way as long as any key but the active one still has a step before it. */
export const isUnderWay = ({ keys, active }: DomainKeys): boolean =>
  active.compromised || keys.some(({ state }) => state !== 'active' && state !== 'removed');

/** What a ledger says; nothing where it has no line. Throws a `LedgerFault` for a line that does not follow from those before it. */
export function foldLedger(domain: string, events: readonly LedgerEvent[]): DomainKeys | undefined {
  let keys: readonly DomainKey[] = [];
  for (const [index, event] of events.entries()) {
    try {
      keys = folded(keys, event);
    } catch (error) {
      throw new LedgerFault(index + 1, error instanceof Error ? error.message : String(error));
    }
  }
  const active = keys.find(({ state }) => state === 'active');
  return active && { domain, keys, active };
}

/** A line that does not follow, counted from 1. */
export class LedgerFault extends Error {
  constructor(
    readonly line: number,
    reason: string,
  ) {
    super(reason);
  }
}

function folded(keys: readonly DomainKey[], event: LedgerEvent): readonly DomainKey[] {
  const since = new Date(event.at);
  if (event.event === 'emergency') {
    if (keys.length === 0) throw new Error('an emergency is declared before there is a key');
    return keys.map((key) => (key.state === 'removed' ? key : { ...key, compromised: true }));
  }
  const key = keys.find(({ selector }) => selector === event.selector);
  switch (event.event) {
    case 'began':
      if (keys.length > 0) throw new Error('it begins a second time');
      return [made(event, 'active', new Date(event.made), since)];
    case 'generated':
      if (keys.length === 0) throw new Error(`the key ${event.selector} is made before there is an active one`);
      if (key) throw new Error(`the selector ${event.selector} is used a second time`);
      if (keys.some((other) => isPending(other) && !other.compromised)) throw new Error('a key is pending already');
      return [...keys, made(event, 'generated', since, since)];
    case 'activated':
      return activated(keys, moved(key, event, since), event.replaces, since);
    default:
      return replaced(keys, moved(key, event, since));
  }
}

function made(
  { selector, fingerprint }: { selector: string; fingerprint: string },
  state: KeyState,
  when: Date,
  since: Date,
): DomainKey {
  return { selector, fingerprint, state, made: when, since, compromised: false };
}

/** The key one step further, or back; throws where no such step leads from where it is. */
function moved(key: DomainKey | undefined, event: LedgerEvent & { readonly selector: string }, since: Date): DomainKey {
  if (!key) throw new Error(`there is no key ${event.selector}`);
  const way = WAYS[event.event];
  const known = event.event === 'revoked' && key.compromised && isPending(key) && key.state !== 'activating';
  if (!way || !(known || way.from.includes(key.state)))
    throw new Error(`the key ${event.selector} is ${key.state} and cannot be ${event.event}`);
  const { setback: _before, ...rest } = key;
  return {
    ...rest,
    state: way.to,
    since,
    ...('hold' in event ? { hold: event.hold } : {}),
    ...('reason' in event ? { setback: event.reason } : {}),
  };
}

function activated(
  keys: readonly DomainKey[],
  promoted: DomainKey,
  replaces: string,
  since: Date,
): readonly DomainKey[] {
  const old = keys.find(({ state }) => state === 'active');
  if (old?.selector !== replaces) throw new Error(`the key ${replaces} is not the active one`);
  return replaced(replaced(keys, promoted), { ...old, state: 'retiring', since });
}

const replaced = (keys: readonly DomainKey[], key: DomainKey): readonly DomainKey[] =>
  keys.map((other) => (other.selector === key.selector ? key : other));
