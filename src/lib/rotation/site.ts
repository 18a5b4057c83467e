import type { KeyPair } from '../dkim/key-pair.js';
import type { DomainKey, DomainKeys } from '../dkim/ledger/domain-keys.js';
import type { Happening } from '../dkim/ledger/event.js';
import type { Look } from '../dkim/rotation/look.js';
import type { Policy } from '../dkim/rotation/steps.js';

/** The keys and their ledgers, on this machine. */
export interface KeyRoom {
  /** SECRETS_DIR, for people. */
  readonly folder: string;
  /** The keys of a domain; throws where it has none. */
  read(domain: string): Promise<DomainKeys>;
  /** Keys whose private half is not here any more, by selector, and what is there instead. */
  lost(keys: DomainKeys): Promise<ReadonlyMap<string, string>>;
  /** Writes down what happened. It is on the disk when this returns. */
  note(domain: string, happening: Happening): Promise<void>;
  /** Makes a key and gives its fingerprint; of the one that a cut run left under that selector, else. Nothing where the name is taken. */
  make(domain: string, selector: string): Promise<string | undefined>;
  /** Writes a key that comes from VPS2, and gives the time of its file; nothing where something else has that name. */
  bring(domain: string, selector: string, pair: KeyPair): Promise<Date | undefined>;
  /** Removes a private key for good. */
  discard(domain: string, selector: string): Promise<void>;
}

/** What DNS says at one time. */
export interface Dns {
  look(domain: string, key: DomainKey): Promise<Look>;
  /** Whether anything answers under the name of a selector. */
  isTaken(domain: string, selector: string): Promise<boolean>;
}

/** The selector that signs for each of these domains; for all others the active one does. */
export type Signing = ReadonlyMap<string, string>;

/** What a probe message through the sender of a domain showed. */
export type Proof =
  { readonly kind: 'signed'; readonly selector: string } | { readonly kind: 'failed'; readonly reason: string };

/** The host that signs. */
export interface SigningHost {
  /** Works on it while nobody else may, from the first look to the last; throws LOCKED where somebody else is at it. */
  alone<T>(work: (host: HeldHost) => Promise<T>): Promise<T>;
}

/** The host that signs, while nobody else may work on it. */
export interface HeldHost {
  /** Throws unless what runs there is what the settings and the ledgers ask for: a rotation must bring no other change with it. */
  assertCurrent(): Promise<void>;
  /** Brings the private keys there. Nothing signs with them yet. */
  bring(keys: Signing): Promise<void>;
  /** Puts the configuration into force with these keys. On a failure the former one is in force, unless the connection broke. */
  apply(signing: Signing): Promise<void>;
  /** Sends a message through the sender of each domain and verifies its signature against DNS. */
  prove(domains: readonly string[]): Promise<ReadonlyMap<string, Proof>>;
  /** Removes a private key there. Throws while the configuration in force names it. */
  forget(domain: string, selector: string): Promise<void>;
}

/** Everything that a rotation works on. */
export interface Site {
  readonly keys: KeyRoom;
  /** A new look at DNS. */
  readonly dns: () => Dns;
  readonly host: SigningHost;
  readonly policy: Policy;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Asked before the first thing that changes the host, destroys a key or lets mail fail; throws to decline. */
  readonly confirm: (intentions: readonly string[]) => Promise<void>;
  /** Told what goes on, a sentence at a time. */
  readonly tell: (sentence: string) => void;
  /** Told that nothing can be done now, and for how many minutes it goes on being tried. */
  readonly waiting: (minutes: number) => void;
}
