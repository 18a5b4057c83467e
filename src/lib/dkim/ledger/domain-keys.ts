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
  /** Its activation was begun once: there may be mail that it signed. */
  readonly tried: boolean;
  /** Why it last went a step back. */
  readonly setback?: string;
}

/** The keys of a domain, in the order in which they were made. */
export interface DomainKeys {
  readonly domain: string;
  readonly keys: readonly DomainKey[];
  readonly active: DomainKey;
  /** A key that was to sign was given up, and none was made in its place yet. */
  readonly owed: boolean;
  /** When its keys were last declared to be known to others. */
  readonly emergency?: Date;
  /** The time of the latest line of its ledger; nothing without one. */
  readonly latest?: Date;
}

/** States of a key that never signed yet and is on its way to. */
const PENDING: readonly KeyState[] = ['generated', 'published', 'verified', 'activating'];

export const isPending = ({ state }: DomainKey): boolean => PENDING.includes(state);

/** The key that will be active next, if there is one; not one that is known to others, unless it is on its way into force. */
export const pendingKey = ({ keys }: DomainKeys): DomainKey | undefined =>
  keys.find((key) => isPending(key) && (!key.compromised || key.state === 'activating'));

/** A rotation is under way as long as any key but the active one still has a step before it, or one is still to be made. */
export const isUnderWay = ({ keys, active, owed }: DomainKeys): boolean =>
  owed || active.compromised || keys.some(({ state }) => state !== 'active' && state !== 'removed');

/** Whether mail may carry a signature of this key. */
export const maySign = (key: DomainKey): boolean => key.tried || !isPending(key);

/** The keys as they are once an emergency is declared. */
export const declared = (keys: DomainKeys): DomainKeys => ({
  ...keys,
  keys: keys.keys.map(known),
  active: known(keys.active),
});

/** A key that others know. */
export const known = (key: DomainKey): DomainKey => (key.state === 'removed' ? key : { ...key, compromised: true });
