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
  const fold = new Fold();
  for (const [index, event] of events.entries()) {
    try {
      fold.take(event);
    } catch (error) {
      throw new LedgerFault(index + 1, error instanceof Error ? error.message : String(error));
    }
  }
  const keys = fold.keys();
  const active = keys.find(({ state }) => state === 'active');
  return active && { domain, keys, active, ...historyOf(events) };
}

function historyOf(events: readonly LedgerEvent[]): Pick<DomainKeys, 'owed' | 'emergency' | 'latest'> {
  const lost = events.findLastIndex(({ event }) => event === 'given-up');
  const made = events.findLastIndex(({ event }) => event === 'generated' || event === 'recovered');
  const emergency = events.findLast(({ event }) => event === 'emergency');
  const latest = events.reduce((last, { at }) => Math.max(last, Date.parse(at)), -Infinity);
  return {
    owed: lost > made,
    ...(emergency && { emergency: new Date(emergency.at) }),
    ...(events.length > 0 && { latest: new Date(latest) }),
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

/**
 * The keys as one line after the other changes them. A line costs no more than the keys that it is about: what an emergency or a recovery
 * says of all keys is written to those alone that do not have it yet.
 */
class Fold {
  /** In the order in which they were made. */
  readonly #keys = new Map<string, DomainKey>();
  /** Keys that an emergency would make known to others. */
  readonly #unknown = new Set<string>();
  /** Keys on their way that others do not know. */
  readonly #pending = new Set<string>();
  #active: string | undefined;
  /** Keys that a recovery retired: all of them retire since the last one. */
  readonly #swept = new Set<string>();
  /** Keys that the next recovery has to retire. */
  readonly #live = new Set<string>();
  #sweptAt = new Date(0);

  keys(): readonly DomainKey[] {
    return [...this.#keys.keys()].flatMap((selector) => this.#find(selector) ?? []);
  }

  take(event: LedgerEvent): void {
    const since = new Date(event.at);
    if (event.event === 'emergency') {
      if (this.#keys.size === 0) throw new Error('an emergency is declared before there is a key');
      for (const selector of [...this.#unknown]) this.#put(known(this.#need(selector)));
      return;
    }
    const key = this.#find(event.selector);
    switch (event.event) {
      case 'began':
        if (this.#keys.size > 0) throw new Error('it begins a second time');
        return this.#put(made(event, 'active', new Date(event.made), since));
      case 'generated':
        if (this.#keys.size === 0) throw new Error(`the key ${event.selector} is made before there is an active one`);
        if (key) throw new Error(`the selector ${event.selector} is used a second time`);
        if (this.#pending.size > 0) throw new Error('a key is pending already');
        return this.#put(made(event, 'generated', since, since));
      case 'given-up':
        return this.#put(givenUp(key, event, since));
      case 'recovered':
        return this.#recover(key, event, since);
      case 'activated':
        return this.#activate(moved(key, event, since), event.replaces, since);
      default:
        return this.#put(moved(key, event, since));
    }
  }

  #find(selector: string): DomainKey | undefined {
    const key = this.#keys.get(selector);
    return key && this.#swept.has(selector) ? { ...key, state: 'retiring', since: this.#sweptAt, tried: true } : key;
  }

  #need(selector: string): DomainKey {
    const key = this.#find(selector);
    if (!key) throw new Error(`there is no key ${selector}`);
    return key;
  }

  #put(key: DomainKey): void {
    const { selector, state, compromised } = key;
    const isSwept = this.#swept.has(selector) && state === 'retiring' && key.since === this.#sweptAt;
    this.#keys.set(selector, key);
    keep(this.#unknown, selector, !compromised && state !== 'removed');
    keep(this.#pending, selector, !compromised && isPending(key));
    keep(this.#swept, selector, isSwept);
    keep(this.#live, selector, !isSwept && state !== 'revoked' && state !== 'removed');
    if (state === 'active') this.#active = selector;
    else if (this.#active === selector) this.#active = undefined;
  }

  #activate(promoted: DomainKey, replaces: string, since: Date): void {
    const old = this.#active === undefined ? undefined : this.#find(this.#active);
    if (old?.selector !== replaces) throw new Error(`the key ${replaces} is not the active one`);
    this.#put({ ...old, state: 'retiring', since });
    this.#put(promoted);
  }

  /** What VPS2 signs with is the active key. Whether mail is on its way that the others signed is not known, so they retire. */
  #recover(
    same: DomainKey | undefined,
    event: { selector: string; fingerprint: string; made: string },
    since: Date,
  ): void {
    const { selector } = event;
    if (this.#keys.size === 0) throw new Error(`the key ${selector} is recovered before there is another one`);
    if (same && (!isPending(same) || same.fingerprint !== event.fingerprint))
      throw new Error(`the key ${selector} is ${same.state} and cannot be recovered`);
    for (const set of [this.#live, this.#swept]) set.delete(selector);
    for (const other of this.#live) {
      this.#swept.add(other);
      this.#pending.delete(other);
    }
    this.#live.clear();
    this.#sweptAt = since;
    this.#keys.delete(selector);
    this.#put(made(event, 'active', new Date(event.made), since));
  }
}

/** Puts into a set, or takes out of it. */
const keep = (set: Set<string>, item: string, isIn: boolean): unknown => (isIn ? set.add(item) : set.delete(item));

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

/** What never signed is gone with its file; what did stays in DNS as any that was replaced. */
function givenUp(key: DomainKey | undefined, event: { selector: string; reason: string }, since: Date): DomainKey {
  if (!key) throw new Error(`there is no key ${event.selector}`);
  if (!isPending(key) || key.state === 'activating')
    throw new Error(`the key ${event.selector} is ${key.state} and cannot be given up`);
  return { ...key, state: key.tried ? 'retiring' : 'removed', since, setback: event.reason };
}
