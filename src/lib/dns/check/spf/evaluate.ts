import ipaddr from 'ipaddr.js';
import type { Answer } from '../../answer.js';
import type { DnsResolver } from '../../resolver.js';
import { expand, type Sender } from './macro.js';
import { SpfMistake, isSpf, parseSpf, type Qualifier, type Term } from './record.js';

export type SpfLookups = Pick<DnsResolver, 'a' | 'mx' | 'txt'>;

/** What a receiver would conclude, and what the record costs it. */
export interface SpfResult {
  readonly result: 'pass' | 'fail' | 'softfail' | 'neutral' | 'permerror' | 'temperror';
  /** Terms that ask DNS, with those of all records that are included: at most 10 are allowed. */
  readonly terms: number;
  /** Questions without an answer: at most 2 are allowed. */
  readonly voids: number;
  /** Mail exchanges of the `mx` term that has most: at most 10 are allowed. */
  readonly mxNames: number;
  readonly ptr: boolean;
  /** Terms that let everybody pass, or nearly. */
  readonly open: readonly string[];
  /** Whether it says what holds for everybody else. */
  readonly ends: boolean;
  readonly mistakes: readonly string[];
  /** What could not be asked. */
  readonly unknown: readonly string[];
}

/** Records that are followed before it is clear that there are too many, or that they go around in a circle. */
const MOST_RECORDS = 30;

/** A network of this size or larger is everybody. */
const EVERYBODY = 7;

const RESULTS: Readonly<Record<Qualifier, SpfResult['result']>> = {
  ...{ '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' },
};

/**
 * Evaluates an SPF record for a sender (RFC 7208 §4). All terms are looked at, also those after the one that matches: another
 * receiver meets them for another sender, and the limits are of the record. `ptr` never matches: no record should depend on it.
 */
export async function evaluateSpf(
  text: string,
  sender: Sender,
  domain: string,
  lookups: SpfLookups,
): Promise<SpfResult> {
  const evaluation = new Evaluation(sender, lookups);
  const { result, ends } = await evaluation.record(text, domain);
  const { terms, voids, mxNames, ptr, open, mistakes, unknown } = evaluation;
  return {
    result: mistakes.length > 0 ? 'permerror' : result,
    terms,
    voids,
    mxNames,
    ptr,
    open,
    ends,
    mistakes,
    unknown,
  };
}

interface Outcome {
  readonly result: SpfResult['result'];
  readonly ends: boolean;
}

class Evaluation {
  terms = 0;
  voids = 0;
  mxNames = 0;
  ptr = false;
  records = 0;
  readonly open: string[] = [];
  readonly mistakes: string[] = [];
  readonly unknown: string[] = [];
  readonly #sender: Sender;
  readonly #lookups: SpfLookups;

  constructor(sender: Sender, lookups: SpfLookups) {
    this.#sender = sender;
    this.#lookups = lookups;
  }

  async record(text: string, domain: string): Promise<Outcome> {
    this.records += 1;
    let terms: Term[];
    try {
      terms = parseSpf(text);
    } catch (error) {
      if (!(error instanceof SpfMistake)) throw error;
      this.mistakes.push(`${domain}: ${error.message}`);
      return { result: 'permerror', ends: true };
    }
    const end = terms.findIndex(({ kind }) => kind === 'all');
    // What stands after `all` is never reached, and `redirect` beside it is ignored (RFC 7208 §5.1, §6.1).
    const reached = end === -1 ? terms : terms.slice(0, end + 1);
    let first: SpfResult['result'] | undefined;
    for (const term of reached) {
      const matched = await this.#match(term, domain);
      first ??= matched;
    }
    const redirect = end === -1 ? terms.find((term) => term.kind === 'redirect') : undefined;
    if (redirect === undefined) return { result: first ?? 'neutral', ends: end !== -1 };
    const there = await this.#other(expand(redirect.domain, this.#sender, domain), 'redirect');
    return { result: first ?? there.result, ends: there.ends };
  }

  /** The result of a term that matches; undefined for one that does not. */
  async #match(term: Term, domain: string): Promise<SpfResult['result'] | undefined> {
    const named = (name: string): string => expand(name, this.#sender, domain);
    switch (term.kind) {
      case 'all':
        if (term.qualifier === '+' || term.qualifier === '?') this.open.push(`${domain}: ${term.qualifier}all`);
        return RESULTS[term.qualifier];
      case 'ip4':
        if (term.prefix <= EVERYBODY && term.qualifier === '+') this.open.push(`${domain}: ip4 /${term.prefix}`);
        return this.#inside(term.address, term.prefix) ? RESULTS[term.qualifier] : undefined;
      case 'include': {
        const { result } = await this.#other(named(term.domain), 'include');
        if (result === 'temperror' || result === 'permerror') return result;
        return result === 'pass' ? RESULTS[term.qualifier] : undefined;
      }
      case 'a':
        this.terms += 1;
        return this.#at([term.domain === undefined ? domain : named(term.domain)], term);
      case 'mx':
        return this.#exchanges(term.domain === undefined ? domain : named(term.domain), term);
      case 'exists': {
        this.terms += 1;
        const found = await this.#ask(this.#lookups.a(named(term.domain)), named(term.domain));
        return found === 'temperror' ? found : found.length > 0 ? RESULTS[term.qualifier] : undefined;
      }
      case 'ptr':
        this.terms += 1;
        this.ptr = true;
        return undefined;
      default:
        return undefined;
    }
  }

  async #exchanges(domain: string, term: Extract<Term, { prefix4: number }>) {
    this.terms += 1;
    const exchanges = await this.#ask(this.#lookups.mx(domain), domain);
    if (exchanges === 'temperror') return exchanges;
    this.mxNames = Math.max(this.mxNames, exchanges.length);
    const names = exchanges.map(({ exchange }) => exchange).filter((exchange) => exchange !== '');
    return this.#at(names.slice(0, 10), term);
  }

  async #at(names: readonly string[], { qualifier, prefix4 }: Extract<Term, { prefix4: number }>) {
    let matched = false;
    for (const name of names) {
      const addresses = await this.#ask(this.#lookups.a(name), name);
      if (addresses === 'temperror') return matched ? RESULTS[qualifier] : addresses;
      matched ||= addresses.some((address) => this.#inside(address, prefix4));
    }
    return matched ? RESULTS[qualifier] : undefined;
  }

  /** The record of another domain, that one refers to. Having none is a mistake of the one that refers (RFC 7208 §5.2, §6.1). */
  async #other(domain: string, how: 'include' | 'redirect'): Promise<Outcome> {
    this.terms += 1;
    if (this.records >= MOST_RECORDS) return { result: 'permerror', ends: true };
    const answer = await this.#lookups.txt(domain);
    if (answer.kind === 'unknown') {
      this.unknown.push(`the SPF record of ${domain}: ${answer.reason}`);
      return { result: 'temperror', ends: true };
    }
    const records = answer.kind === 'found' ? answer.values.filter(isSpf) : [];
    const [text] = records;
    if (text !== undefined && records.length === 1) return this.record(text, domain);
    this.mistakes.push(
      `${how} of ${domain}, which has ${records.length === 0 ? 'no SPF record' : 'several SPF records'}`,
    );
    return { result: 'permerror', ends: true };
  }

  async #ask<Value>(asked: Promise<Answer<Value>>, name: string): Promise<readonly Value[] | 'temperror'> {
    const answer = await asked;
    if (answer.kind === 'found') return answer.values;
    if (answer.kind === 'none') {
      this.voids += 1;
      return [];
    }
    this.unknown.push(`${name}: ${answer.reason}`);
    return 'temperror';
  }

  #inside(address: string, prefix: number): boolean {
    return ipaddr.IPv4.parse(this.#sender.ip).match(ipaddr.IPv4.parse(address), prefix);
  }
}
