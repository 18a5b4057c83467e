import { isPending, known, type DomainKey, type DomainKeys, type KeyState } from './domain-keys.js';
import type { LedgerEvent } from './event.js';

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
  return active && { domain, keys, active, ...historyOf(events) };
}

function historyOf(events: readonly LedgerEvent[]): Pick<DomainKeys, 'owed' | 'emergency' | 'latest'> {
  const lost = events.findLastIndex(({ event }) => event === 'given-up');
  const made = events.findLastIndex(({ event }) => event === 'generated' || event === 'recovered');
  const emergency = events.findLast(({ event }) => event === 'emergency');
  const times = events.map(({ at }) => Date.parse(at));
  return {
    owed: lost > made,
    ...(emergency && { emergency: new Date(emergency.at) }),
    ...(times.length > 0 && { latest: new Date(Math.max(...times)) }),
  };
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
    return keys.map(known);
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
    case 'given-up':
      return replaced(keys, givenUp(key, event, since));
    case 'recovered':
      return recovered(keys, event, since);
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
  return { selector, fingerprint, state, made: when, since, compromised: false, tried: state === 'active' };
}

/** The key one step further, or back; throws where no such step leads from where it is. */
function moved(key: DomainKey | undefined, event: LedgerEvent & { readonly selector: string }, since: Date): DomainKey {
  if (!key) throw new Error(`there is no key ${event.selector}`);
  const way = WAYS[event.event];
  const isKnown = event.event === 'revoked' && key.compromised && isPending(key) && key.state !== 'activating';
  if (!way || !(isKnown || way.from.includes(key.state)))
    throw new Error(`the key ${event.selector} is ${key.state} and cannot be ${event.event}`);
  const { setback: _before, ...rest } = key;
  return {
    ...rest,
    state: way.to,
    since,
    tried: key.tried || way.to === 'activating',
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

/** What never signed is gone with its file; what did stays in DNS as any that was replaced. */
function givenUp(key: DomainKey | undefined, event: { selector: string; reason: string }, since: Date): DomainKey {
  if (!key) throw new Error(`there is no key ${event.selector}`);
  if (!isPending(key) || key.state === 'activating')
    throw new Error(`the key ${event.selector} is ${key.state} and cannot be given up`);
  return { ...key, state: key.tried ? 'retiring' : 'removed', since, setback: event.reason };
}

/** What VPS2 signs with is the active key. Whether mail is on its way that the others signed is not known, so they retire. */
function recovered(
  keys: readonly DomainKey[],
  event: { selector: string; fingerprint: string; made: string },
  since: Date,
): readonly DomainKey[] {
  if (keys.length === 0) throw new Error(`the key ${event.selector} is recovered before there is another one`);
  const same = keys.find(({ selector }) => selector === event.selector);
  if (same && (!isPending(same) || same.fingerprint !== event.fingerprint))
    throw new Error(`the key ${event.selector} is ${same.state} and cannot be recovered`);
  const retired = keys
    .filter((key) => key !== same)
    .map((key): DomainKey =>
      key.state === 'revoked' || key.state === 'removed' ? key : { ...key, state: 'retiring', since, tried: true },
    );
  return [...retired, made(event, 'active', new Date(event.made), since)];
}

const replaced = (keys: readonly DomainKey[], key: DomainKey): readonly DomainKey[] =>
  keys.map((other) => (other.selector === key.selector ? key : other));
