import { isIPv4 } from 'node:net';

/** The blocklists of the lab, one of addresses and one of names, and the zones in which they are asked (RFC 5782). */
export const BLOCKLISTS = { zen: 'zen.lab-blocklist.example', dbl: 'dbl.lab-blocklist.example' } as const;
export type Blocklist = keyof typeof BLOCKLISTS;
export const BLOCKLIST_NAMES = ['zen', 'dbl'] as const satisfies readonly Blocklist[];

/** What both lists say. */
export interface Listings {
  /** An IPv4 address or a domain, and the code that is answered for it: `127.0.0.2`. */
  readonly listed: Readonly<Record<string, string>>;
  /** What a list answers to every question, whatever it lists: `127.255.255.254`, for a resolver that may not ask. */
  readonly always: Readonly<Partial<Record<Blocklist, string>>>;
}

export const NOTHING_LISTED: Listings = { listed: {}, always: {} };

/** The codes of a listing when none is named: of an address found to send spam, of a domain found in spam. */
const USUAL = { zen: '127.0.0.2', dbl: '127.0.1.2' } as const;

/** RFC 5782 §5: what every list has, so that one that is dead can be told from one that lists nothing. */
const TEST_ENTRIES: readonly (readonly [what: string, codes: readonly string[]])[] = [
  ['127.0.0.2', ['127.0.0.2', '127.0.0.4', '127.0.0.10']],
  ['test', ['127.0.1.2']],
];

export const blocklistOf = (what: string): Blocklist => (isIPv4(what) ? 'zen' : 'dbl');
export const usualCode = (what: string): string => USUAL[blocklistOf(what)];

/** One more listing, or one that was there with another code. */
export function withListing({ listed, always }: Listings, what: string, code: string): Listings {
  return { listed: { ...listed, [what.toLowerCase()]: code }, always };
}

/** Without a listing; without a name, without all of them. */
export function withoutListing({ listed, always }: Listings, what?: string): Listings {
  const rest = Object.entries(listed).filter(([one]) => what !== undefined && one !== what.toLowerCase());
  return { listed: Object.fromEntries(rest), always };
}

/** What both lists answer, each a name, a type and a value. */
export function listingRecords({ listed, always }: Listings): (readonly [name: string, type: string, value: string])[] {
  const entries = [...TEST_ENTRIES, ...Object.entries(listed).map(([what, code]) => [what, [code]] as const)];
  return BLOCKLIST_NAMES.flatMap((list) => {
    const code = always[list];
    // Alone: below a name that is there, such as another address of the same network, no wildcard answers (RFC 4592 §3.3.1).
    if (code !== undefined) return [[`*.${BLOCKLISTS[list]}`, 'A', code] as const];
    return entries.filter(([what]) => blocklistOf(what) === list).flatMap(([what, codes]) => entryOf(what, codes));
  });
}

/** An address is asked for turned around (RFC 5782 §2.1), a domain as it is. */
function entryOf(what: string, codes: readonly string[]): (readonly [name: string, type: string, value: string])[] {
  const list = blocklistOf(what);
  const name = `${list === 'zen' ? what.split('.').reverse().join('.') : what}.${BLOCKLISTS[list]}`;
  return [
    ...codes.map((code) => [name, 'A', code] as const),
    [name, 'TXT', `"${what} is listed, in this lab only"`] as const,
  ];
}

/** What both lists say, for people. */
export function showListings({ listed, always }: Listings): string {
  const answers = BLOCKLIST_NAMES.flatMap((list) => {
    const code = always[list];
    if (code !== undefined) return [`${BLOCKLISTS[list]} answers ${code} to every question.`];
    return Object.entries(listed)
      .filter(([what]) => blocklistOf(what) === list)
      .map(([what, codeOf]) => `${BLOCKLISTS[list]} lists ${what} (${codeOf}).`);
  });
  return answers.length === 0 ? 'Nothing is listed.' : answers.join('\n');
}
