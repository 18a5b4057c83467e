import { generatePair } from '../../../src/lib/dkim/key-pair.js';
import { fingerprint } from '../../../src/lib/dkim/fingerprint.js';
import { isPending, type DomainKey, type DomainKeys } from '../../../src/lib/dkim/ledger/domain-keys.js';
import { foldLedger } from '../../../src/lib/dkim/ledger/fold.js';
import type { Happening, LedgerEvent } from '../../../src/lib/dkim/ledger/event.js';
import { recordValue, REVOKED_RECORD } from '../../../src/lib/dkim/record.js';
import { look, type Look, type SelectorAnswers } from '../../../src/lib/dkim/rotation/look.js';
import { policyFor } from '../../../src/lib/dkim/rotation/steps.js';
import { EeError } from '../../../src/lib/errors.js';
import type { HeldHost, Proof, Signing, Site } from '../../../src/lib/rotation/site.js';

/** Seconds. */
export const HOUR = 3600;
export const DAY = 24 * HOUR;
export const BOUNCE_AFTER = 4.5 * DAY;
const TTL = HOUR;
const NEGATIVE_TTL = HOUR / 2;
export const POLICY = policyFor(BOUNCE_AFTER, TTL);

/** The end of the process between two things that it does: `kill -9`. */
export class Killed extends Error {}

/** Keys to draw from, since making one takes its time. */
export interface Keys {
  readonly records: ReadonlyMap<string, string>;
  readonly foreign: string;
  /** What was concluded of answers. */
  readonly judged: Map<string, Look>;
}

export async function makeKeys(count: number): Promise<Keys> {
  const pairs = await Promise.all(Array.from({ length: count + 1 }, () => generatePair()));
  const [foreign, ...own] = pairs.map(({ publicKey }) => [fingerprint(publicKey), recordValue(publicKey)] as const);
  return { records: new Map(own), foreign: foreign?.[1] ?? '', judged: new Map() };
}

type Zone = ReadonlyMap<string, readonly string[]>;
interface Cached {
  readonly values: readonly string[];
  readonly until: number;
}
interface NameServer {
  zone: Zone;
  /** Versions of the zone that it has not loaded yet, the oldest first. */
  readonly coming: Zone[];
}
interface Message {
  readonly name: string;
  readonly domain: string;
  readonly selector: string;
  readonly until: number;
}

/** What the operator can do wrong at the DNS host with a key that does not sign yet. */
export type Mistake = 'other key' | 'two records' | 'nothing' | 'testing';

/** What is done on the host, or noted about it. `deployed`: by another operator. */
type Deed = 'bring' | 'apply' | 'prove' | 'forget' | Happening['event'] | 'deployed';

const OF_ACTIVATION: readonly Deed[] = ['bring', 'activating', 'apply', 'prove', 'activated', 'activation-failed'];

/** Whose file can be lost. */
export type LostState = 'pending' | 'active' | 'retiring';

/**
 * A machine, VPS2, two name servers, two resolvers that cache, an operator and mail, in memory and with a clock of their own. The code
 * that drives a rotation works on them as on real ones.
 */
export class Model {
  /** Seconds. */
  time = 1_800_000_000;
  /** How much the clock of the operator's machine is behind. */
  behind = 0;
  /** Things that the process still does before it is killed. */
  left = Number.POSITIVE_INFINITY;
  silent = new Set<string>();
  refuseApply = false;
  failProbes = false;
  /** Whether another operator tries to deploy VPS2 between any two things that the process does. */
  rival = false;
  /** Deployments of the other operator that the lock of the host refused. */
  refused = 0;
  /** What the process and the other operator did, since it was emptied. */
  readonly deeds: Deed[] = [];
  #held = false;
  readonly servers: Record<string, NameServer> = {
    ns1: { zone: new Map(), coming: [] },
    ns2: { zone: new Map(), coming: [] },
  };
  readonly messages: Message[] = [];
  readonly #caches: Record<string, Map<string, Cached>> = { resolver1: new Map(), resolver2: new Map() };
  readonly #ledgers = new Map<string, LedgerEvent[]>();
  /** Private keys on this machine and on the host: selector by domain. */
  readonly files = new Map<string, string>();
  /** Files that were lost by no fault of the rotation. */
  readonly lost = new Set<string>();
  readonly #onHost = new Set<string>();
  readonly #inForce = new Map<string, string>();
  readonly #made: string[] = [];

  constructor(
    readonly domains: readonly string[],
    private readonly keys: Keys,
  ) {
    for (const domain of domains) {
      const at = new Date((this.time - 200 * DAY) * 1000).toISOString();
      const print = this.#nextPrint();
      this.#ledgers.set(domain, [
        { event: 'began', selector: 'mail', fingerprint: print, made: at, at, by: 'operator', run: 'first' },
      ]);
      this.files.set(`mail.${domain}`, print);
      this.#onHost.add(`mail.${domain}`);
      this.#inForce.set(domain, 'mail');
    }
    this.publish();
    this.load('ns1');
    this.load('ns2');
  }

  domain(domain: string): DomainKeys {
    const keys = foldLedger(domain, this.#ledgers.get(domain) ?? []);
    if (!keys) throw new Error(`${domain} has no active key`);
    return keys;
  }

  events(domain: string): readonly LedgerEvent[] {
    return this.#ledgers.get(domain) ?? [];
  }

  /** The selector that VPS2 signs with. */
  signing(domain: string): string {
    return this.#inForce.get(domain) ?? '';
  }

  isOnHost(domain: string, selector: string): boolean {
    return this.#onHost.has(`${selector}.${domain}`);
  }

  /** Deployments of the other operator that took place between two deeds of one activation. */
  intrusions(): number {
    return this.deeds.filter((deed, at) => {
      if (deed !== 'deployed') return false;
      const before = this.deeds.slice(0, at).findLast((one) => one !== 'deployed');
      const after = this.deeds.slice(at).find((one) => one !== 'deployed');
      if (!before || !after || !OF_ACTIVATION.includes(before) || !OF_ACTIVATION.includes(after)) return false;
      return after !== 'bring' || before === 'bring'; // keys are brought at the beginning of the next one
    }).length;
  }

  // The operator and the DNS host.

  /** Hands what `ee dns records` says now to both name servers, which load it later. */
  publish(): void {
    const zone = this.wanted();
    for (const server of Object.values(this.servers)) server.coming.push(zone);
  }

  /** The name server loads the next version of the zone. */
  load(server: string): void {
    const one = this.servers[server];
    const next = one?.coming.shift();
    if (one && next) one.zone = next;
  }

  /** Spoils what a name server says of a key that never signed. */
  spoil(server: string, domain: string, mistake: Mistake): void {
    // Mail that left between an activation and its failure is signed with the new key: it is no longer one that never signed.
    const tried = new Set(this.events(domain).flatMap((one) => (one.event === 'activating' ? [one.selector] : [])));
    const key = this.domain(domain).keys.find((one) => isPending(one) && !tried.has(one.selector));
    const one = this.servers[server];
    if (!key || !one) return;
    const right = this.keys.records.get(key.fingerprint) ?? '';
    const values = {
      'other key': [this.keys.foreign],
      'two records': [right, this.keys.foreign],
      nothing: [],
      testing: [`${right}; t=y`],
    }[mistake];
    one.zone = new Map([...one.zone, [nameOf(domain, key.selector), values]]);
  }

  wanted(): Zone {
    return new Map(
      this.domains.flatMap((domain) =>
        this.domain(domain)
          .keys.filter(({ state }) => state !== 'removed')
          .map(({ selector, fingerprint: print, state }) => [
            nameOf(domain, selector),
            [state === 'revoked' ? REVOKED_RECORD : (this.keys.records.get(print) ?? '')],
          ]),
      ),
    );
  }

  /** The file of a key is deleted here, or another one takes its place: of the one that waits, that signs, or that signed. */
  lose(domain: string, state: LostState, replaced: boolean): void {
    const { keys } = this.domain(domain);
    const key = keys.find((one) => (state === 'pending' ? isPending(one) : one.state === state));
    if (!key) return;
    this.lost.add(`${key.selector}.${domain}`);
    if (replaced) this.files.set(`${key.selector}.${domain}`, 'another key');
    else this.files.delete(`${key.selector}.${domain}`);
  }

  // Mail.

  /** A message leaves: its signature must verify for as long as it may be on its way. */
  send(domain: string): void {
    const selector = this.signing(domain);
    this.messages.push({ name: nameOf(domain, selector), domain, selector, until: this.time + BOUNCE_AFTER + TTL });
  }

  /** Messages on their way whose signature would not verify now, at either resolver. */
  failing(): string[] {
    return this.messages
      .filter(({ until }) => until >= this.time)
      .filter(({ domain, selector }) => !this.domain(domain).keys.find((key) => key.selector === selector)?.compromised)
      .filter(({ name, domain, selector }) => {
        const key = this.domain(domain).keys.find((one) => one.selector === selector);
        return ['resolver1', 'resolver2'].some((resolver) => !this.#isOnly(this.#resolve(resolver, name).values, key));
      })
      .map(({ name }) => name);
  }

  /** Name servers and caches that do not answer with the active key. */
  withoutActive(): string[] {
    return this.domains.flatMap((domain) => {
      const { active } = this.domain(domain);
      const name = nameOf(domain, active.selector);
      const answers = [
        ...Object.entries(this.servers).map(([server, { zone }]) => [server, zone.get(name) ?? []] as const),
        ...Object.keys(this.#caches).map((resolver) => [resolver, this.#resolve(resolver, name).values] as const),
      ];
      return answers.filter(([, values]) => !this.#isOnly(values, active)).map(([server]) => `${server} of ${name}`);
    });
  }

  // What the rotation works on.

  site(signal = new AbortController().signal): Site {
    return {
      policy: POLICY,
      signal,
      now: () => this.#now(),
      confirm: async () => undefined,
      tell: () => undefined,
      waiting: () => undefined,
      keys: {
        folder: '/secrets',
        read: async (domain) => this.domain(domain),
        lost: async ({ domain, keys }) =>
          new Map(
            keys
              .filter(({ state }) => state !== 'revoked' && state !== 'removed')
              .filter(({ selector, fingerprint: print }) => this.files.get(`${selector}.${domain}`) !== print)
              .map(({ selector }) => [selector, 'its file is lost']),
          ),
        note: (domain, happening) => this.#effect(() => this.#note(domain, happening), happening.event),
        make: (domain, selector) =>
          this.#effect(() => {
            const name = `${selector}.${domain}`;
            const print = this.files.get(name) ?? this.#nextPrint();
            this.files.set(name, print);
            return print;
          }),
        bring: async () => undefined,
        discard: (domain, selector) => this.#effect(() => void this.files.delete(`${selector}.${domain}`)),
      },
      dns: () => ({
        look: async (domain, key) => this.#look(domain, key),
        isTaken: async (domain, selector) =>
          Object.values(this.servers).some(({ zone }) => (zone.get(nameOf(domain, selector)) ?? []).length > 0),
      }),
      host: { alone: (work) => this.#alone(work) },
    };
  }

  /** The lock of the host; it goes with a process that is killed. */
  async #alone<T>(work: (host: HeldHost) => Promise<T>): Promise<T> {
    this.#rivalDeploys();
    if (this.#held) throw new EeError('LOCKED', { host: 'vps2', holder: 'this run itself' });
    this.#held = true;
    try {
      return await work(this.#host());
    } finally {
      this.#held = false;
    }
  }

  #host(): HeldHost {
    return {
      assertCurrent: async () => this.#assertCurrent(),
      bring: async (keys) => {
        for (const [domain, selector] of keys) await this.#effect(() => this.#bring(domain, selector), 'bring');
      },
      apply: (signing) => this.#apply(signing),
      prove: (domains) => this.#effect(() => new Map(domains.map((domain) => [domain, this.#prove(domain)])), 'prove'),
      forget: (domain, selector) =>
        this.#effect(() => {
          if (this.signing(domain) === selector) throw new Error(`${domain} still signs with ${selector}`);
          this.#onHost.delete(`${selector}.${domain}`);
        }, 'forget'),
    };
  }

  #bring(domain: string, selector: string): void {
    const key = this.domain(domain).keys.find((one) => one.selector === selector);
    if (key?.fingerprint !== this.files.get(`${selector}.${domain}`)) throw new Error(`${selector} is lost`);
    this.#onHost.add(`${selector}.${domain}`);
  }

  /** One thing that lasts; the process may be killed before it, and that is after the one before. */
  async #effect<T>(work: () => T, deed?: Deed): Promise<T> {
    if (this.left <= 0) throw new Killed();
    this.left -= 1;
    this.#rivalDeploys();
    if (deed) this.deeds.push(deed);
    return work();
  }

  /** Another operator puts the keys into force that the ledgers name as active, unless the host's lock keeps them out. */
  #rivalDeploys(): void {
    if (!this.rival) return;
    if (this.#held) {
      this.refused += 1;
      return;
    }
    for (const domain of this.domains) this.#inForce.set(domain, this.domain(domain).active.selector);
    this.deeds.push('deployed');
  }

  #note(domain: string, happening: Happening): void {
    const event = { ...happening, at: this.#now().toISOString(), by: 'operator', run: 'run' };
    const events = [...this.events(domain), event];
    foldLedger(domain, events); // as the ledger does: what does not follow is not written
    this.#ledgers.set(domain, events);
  }

  #assertCurrent(): void {
    for (const domain of this.domains) {
      if (this.signing(domain) !== this.domain(domain).active.selector)
        throw new EeError('REMOTE_FAILED', { host: 'vps2', step: 'comparing', status: 'pending', output: '' });
    }
  }

  /** The host takes all of a configuration or none of it; the process may be killed after it has. */
  async #apply(signing: Signing): Promise<void> {
    await this.#effect(() => undefined, 'apply');
    if (this.refuseApply && signing.size > 0) throw new EeError('PMTA_REFUSED', { output: 'refused' });
    for (const domain of this.domains) {
      const selector = signing.get(domain) ?? this.domain(domain).active.selector;
      if (!this.isOnHost(domain, selector)) throw new EeError('PMTA_HOST_UNFIT', { problems: [selector] });
    }
    for (const domain of this.domains) {
      this.#inForce.set(domain, signing.get(domain) ?? this.domain(domain).active.selector);
    }
    await this.#effect(() => undefined);
  }

  #prove(domain: string): Proof {
    const selector = this.signing(domain);
    this.send(domain);
    if (this.failProbes) return { kind: 'failed', reason: 'the probe did not come' };
    const key = this.domain(domain).keys.find((one) => one.selector === selector);
    const { values } = this.#resolve('resolver1', nameOf(domain, selector));
    return this.#isOnly(values, key) ? { kind: 'signed', selector } : { kind: 'failed', reason: 'it does not verify' };
  }

  #look(domain: string, { selector, fingerprint: print }: DomainKey): Look {
    const name = nameOf(domain, selector);
    const answers: SelectorAnswers['answers'][number][] = Object.entries(this.servers).map(([server, { zone }]) => ({
      server,
      role: 'authoritative' as const,
      ...this.#said(server, zone.get(name) ?? [], TTL),
    }));
    const ofZone = this.#judged(answers, print);
    if (ofZone.authoritative.kind !== 'right') return ofZone;
    for (const resolver of Object.keys(this.#caches)) {
      const { values } = this.silent.has(resolver) ? { values: [] } : this.#resolve(resolver, name);
      answers.push({ server: resolver, role: 'resolver', ...this.#said(resolver, values, TTL) });
    }
    return this.#judged(answers, print);
  }

  /** The same answers are judged once: reading a key takes longer than all else here. */
  #judged(answers: SelectorAnswers['answers'], print: string): Look {
    const name = JSON.stringify([answers, print]);
    const judged = this.keys.judged.get(name) ?? look({ negativeTtl: NEGATIVE_TTL, answers }, print);
    this.keys.judged.set(name, judged);
    return judged;
  }

  #said(
    server: string,
    values: readonly string[],
    ttl: number,
  ): Pick<SelectorAnswers['answers'][number], 'answer' | 'ttl'> {
    if (this.silent.has(server)) return { answer: { kind: 'unknown', reason: 'no answer in time' }, ttl: undefined };
    if (values.length === 0) return { answer: { kind: 'none', reason: 'the name does not exist' }, ttl: undefined };
    return { answer: { kind: 'found', values }, ttl };
  }

  /** A resolver asks one of the two, as it likes, and remembers the answer, also that there is none. */
  #resolve(resolver: string, name: string): Cached {
    const cache = this.#caches[resolver];
    const known = cache?.get(name);
    if (known && known.until > this.time) return known;
    const server = this.servers[resolver === 'resolver1' ? 'ns1' : 'ns2'];
    const values = server?.zone.get(name) ?? [];
    const fresh = { values, until: this.time + (values.length === 0 ? NEGATIVE_TTL : TTL) };
    cache?.set(name, fresh);
    return fresh;
  }

  #isOnly(values: readonly string[], key: DomainKey | undefined): boolean {
    return values.length === 1 && key !== undefined && values[0] === this.keys.records.get(key.fingerprint);
  }

  #now(): Date {
    return new Date((this.time - this.behind) * 1000);
  }

  #nextPrint(): string {
    const prints = [...this.keys.records.keys()];
    const print = prints[this.#made.length % prints.length] ?? '';
    this.#made.push(print);
    return print;
  }
}

const nameOf = (domain: string, selector: string): string => `${selector}._domainkey.${domain}`;

/** A site whose host does some things in another way. */
export function withHost(site: Site, change: (host: HeldHost) => Partial<HeldHost>): Site {
  return { ...site, host: { alone: (work) => site.host.alone((host) => work({ ...host, ...change(host) })) } };
}
