import { declared, isPending, isUnderWay, type DomainKeys } from '../dkim/ledger/domain-keys.js';
import type { Happening } from '../dkim/ledger/event.js';
import { freshSelector } from '../dkim/rotation/fresh-selector.js';
import type { Look } from '../dkim/rotation/look.js';
import { nextSteps, type Step, type Wait } from '../dkim/rotation/steps.js';
import { EeError } from '../errors.js';
import { goesOn } from './interrupted.js';
import { clockDoubt, describeStep } from './sentences.js';
import type { Dns, Site } from './site.js';

/** What a run did about a domain, and what it waits for. */
export interface DomainOutcome {
  readonly domain: string;
  readonly keys: DomainKeys;
  /** What was done, or in a dry run what would be: a sentence each. */
  readonly steps: readonly string[];
  readonly waits: readonly Wait[];
  /** What DNS said of the keys that it was asked about. */
  readonly looks: ReadonlyMap<string, Look>;
  /** Keys that this run took out of the world: their names may go from DNS. */
  readonly removed: readonly string[];
  /** Why the new key did not come into force; the former one signs. */
  readonly failure: string | undefined;
  /** What does not seem right, and stops nothing: sentences. */
  readonly doubts: readonly string[];
}

/** Steps that need nothing but this machine and DNS. */
type LocalStep = Extract<Step, { do: 'generate' | 'note' }>;

/** Steps on the host that signs, or with what cannot be undone. */
export type HostStep = Exclude<Step, LocalStep | Wait>;

/** The rotation of one domain in one run: it asks, decides, and does what needs no other domain. */
export class DomainRotation {
  readonly #done: string[] = [];
  readonly #removed: string[] = [];
  #looks = new Map<string, Look>();
  #failure: string | undefined;
  #begin: boolean;
  #dns: Dns;

  constructor(
    readonly domain: string,
    private readonly site: Site,
    begin: boolean,
  ) {
    this.#begin = begin;
    this.#dns = site.dns();
  }

  /** Goes on as far as it can without the host, and gives what the host is needed for. */
  async advance(dns: Dns): Promise<HostStep[]> {
    this.#dns = dns;
    this.#looks = new Map();
    for (;;) {
      const steps = await this.steps();
      const local = steps.find((step): step is LocalStep => step.do === 'generate' || step.do === 'note');
      if (!local) return steps.filter((step): step is HostStep => this.#isForHost(step));
      goesOn(this.site.signal);
      await (local.do === 'generate' ? this.#generate() : this.#note(local));
    }
  }

  /** What is to be done next, from the ledger, DNS and the clock as they are. */
  async steps(): Promise<Step[]> {
    return this.#stepsOf(await this.site.keys.read(this.domain));
  }

  async #stepsOf(keys: DomainKeys): Promise<Step[]> {
    if (isUnderWay(keys)) this.#begin = false; // one that ends in this run is not followed by another
    if (this.#begin) await this.#assertActiveIsPublished(keys);
    for (const key of keys.keys) {
      if (!this.#looks.has(key.selector) && (isPending(key) || key.state === 'revoked'))
        this.#looks.set(key.selector, await this.#dns.look(this.domain, key));
    }
    const lost = await this.site.keys.lost(keys);
    const { now, policy } = this.site;
    return nextSteps(keys, { now: now(), policy, looks: this.#looks, lost, begin: this.#begin });
  }

  /** Where DNS has something else or nothing, the keys on this machine may be older than what signs: nothing is begun with them. */
  async #assertActiveIsPublished({ domain, active }: DomainKeys): Promise<void> {
    const { authoritative } = await this.#dns.look(domain, active);
    if (authoritative.kind === 'right' || authoritative.kind === 'unknown') return;
    const { selector } = active;
    const { folder } = this.site.keys;
    throw new EeError('DKIM_ACTIVE_NOT_IN_DNS', { domain, selector, folder, reasons: authoritative.reasons });
  }

  did(sentence: string): void {
    this.#done.push(sentence);
    this.site.tell(`${this.domain}: ${sentence}`);
  }

  removed(selector: string): void {
    this.#removed.push(selector);
  }

  /** The new key is not to be tried again in this run. */
  failed(reason: string): void {
    this.#failure = reason;
    this.site.tell(`${this.domain}: the new key did not come into force: ${reason}`);
  }

  async outcome(): Promise<DomainOutcome> {
    return this.#outcome(await this.site.keys.read(this.domain), this.#done, waitsIn(await this.steps()));
  }

  /** What a run would do, without doing it. */
  async intended(emergency: boolean): Promise<DomainOutcome> {
    const known = await this.site.keys.read(this.domain);
    const declares = emergency && !known.active.compromised;
    const keys = declares ? declared(known) : known;
    const steps = (await this.#stepsOf(keys)).flatMap((step): Step[] =>
      step.do === 'note' && step.event === 'given-up' ? [step, { do: 'generate' }] : [step],
    );
    const next = steps.some((step) => step.do === 'generate') ? await this.#freshSelector(keys) : '';
    const intended = steps.filter((step) => step.do !== 'wait').map((step) => describeStep(step, next));
    if (declares) intended.push('revoke all others as soon as it signs');
    return this.#outcome(keys, intended, waitsIn(steps));
  }

  #outcome(keys: DomainKeys, steps: readonly string[], waits: readonly Wait[]): DomainOutcome {
    return {
      domain: this.domain,
      keys,
      steps,
      waits,
      looks: this.#looks,
      removed: this.#removed,
      failure: this.#failure,
      doubts: clockDoubt(keys, this.site.now()),
    };
  }

  #isForHost(step: Step): boolean {
    if (step.do === 'wait') return false;
    return !(step.do === 'activate' && this.#failure !== undefined);
  }

  async #generate(): Promise<void> {
    this.#begin = false; // never a second one in the same run
    const { keys } = this.site;
    const known = await keys.read(this.domain);
    const refused = new Set<string>();
    for (;;) {
      const selector = await this.#freshSelector(known, refused);
      const fingerprint = await keys.make(this.domain, selector);
      if (fingerprint !== undefined) {
        await keys.note(this.domain, { event: 'generated', selector, fingerprint });
        return this.did(`the key ${selector} was made`);
      }
      refused.add(selector);
    }
  }

  #freshSelector({ keys }: DomainKeys, refused: ReadonlySet<string> = new Set()): Promise<string> {
    return freshSelector(
      this.site.now(),
      async (selector) =>
        refused.has(selector) ||
        keys.some((key) => key.selector === selector) ||
        (await this.#dns.isTaken(this.domain, selector)),
    );
  }

  async #note(step: Extract<Step, { do: 'note' }>): Promise<void> {
    await this.site.keys.note(this.domain, happeningOf(step));
    this.did(describeStep(step, ''));
    if (step.event !== 'given-up') return;
    const { keys } = await this.site.keys.read(this.domain);
    if (keys.some(({ selector, state }) => selector === step.selector && state === 'removed'))
      this.removed(step.selector);
  }
}

function happeningOf(step: Extract<Step, { do: 'note' }>): Happening {
  if (step.event === 'verified') return { event: 'verified', selector: step.selector };
  const { do: _note, ...happening } = step;
  return happening;
}

const waitsIn = (steps: readonly Step[]): Wait[] => steps.filter((step) => step.do === 'wait');
