import type { Answer } from '../answer.js';
import type { Finding } from './result.js';

/** What one resolver says about one thing on one list. */
export interface ListAnswer {
  readonly server: string;
  readonly answer: Answer;
}

/** What the answer of a blocklist means (RFC 5782 §2.1). */
export type ListReading =
  | { readonly kind: 'listed'; readonly codes: readonly string[] }
  | { readonly kind: 'clean' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Resolvers for everybody: lists do not answer to them, or answer wrongly. */
const PUBLIC = [
  '1.1.1.1',
  '1.0.0.1',
  '8.8.8.8',
  '8.8.4.4',
  '9.9.9.9',
  '149.112.112.112',
  '208.67.222.222',
  '208.67.220.220',
];

const isPublic = (server: string): boolean => PUBLIC.includes(server.replace(/:53$/, ''));

const ERRORS: Readonly<Record<string, string>> = {
  '127.255.255.252': 'it does not know this name of a list',
  '127.255.255.254': 'it does not answer to a public resolver',
  '127.255.255.255': 'it got too many questions from this resolver',
};

/** Only an address in 127.0.0.0/8 is a listing; those in 127.255.255.0/24 say that the list does not answer, and others mean nothing. */
export function readListAnswer(answer: Answer): ListReading {
  if (answer.kind === 'unknown') return { kind: 'unknown', reason: answer.reason };
  if (answer.kind === 'none') return { kind: 'clean' };
  const refused = answer.values.find((value) => value.startsWith('127.255.255.'));
  if (refused !== undefined)
    return { kind: 'unknown', reason: `${ERRORS[refused] ?? 'it refuses to answer'} (${refused})` };
  const strange = answer.values.find((value) => !value.startsWith('127.'));
  if (strange !== undefined)
    return { kind: 'unknown', reason: `it answers ${strange}, which no list does: it may be dead` };
  return { kind: 'listed', codes: [...answer.values].sort() };
}

/** The conclusion of all resolvers but the public ones: listed as soon as one says so, clean only where all do. */
export function readListAnswers(all: readonly ListAnswer[]): ListReading {
  const answers = all.filter(({ server }) => !isPublic(server));
  const readings = answers.map(({ server, answer }) => ({ server, reading: readListAnswer(answer) }));
  const listed = readings.map(({ reading }) => reading).find(({ kind }) => kind === 'listed');
  if (listed) return listed;
  const [unknown] = readings.flatMap(({ server, reading }) =>
    reading.kind === 'unknown' ? [{ kind: 'unknown' as const, reason: `through ${server}: ${reading.reason}` }] : [],
  );
  return unknown ?? (answers.length === 0 ? { kind: 'unknown', reason: NO_RESOLVER } : { kind: 'clean' });
}

const NO_RESOLVER = 'lists do not answer to public resolvers: name one of your own in DNS_RESOLVERS';

/** What a list says of one entry, and of the two that show whether it works (RFC 5782 §5). */
export interface ListAnswers {
  /** The entry that every list has. */
  readonly test: readonly ListAnswer[];
  /** The entry that no list has. */
  readonly nothing: readonly ListAnswer[];
  readonly entry: readonly ListAnswer[];
}

/** Judges one address or name on a list. The answer of a list that does not work is none. */
export function judgeListed(what: string, list: string, { test, nothing, entry }: ListAnswers): readonly Finding[] {
  const [listed, clean, reading] = [readListAnswers(test), readListAnswers(nothing), readListAnswers(entry)];
  const unknown = [listed, clean, reading].find(({ kind }) => kind === 'unknown');
  if (unknown?.kind === 'unknown') return [unknownFinding('blocklist-undetermined', what, list, unknown.reason)];
  if (listed.kind === 'clean' || clean.kind === 'listed') {
    const fault = clean.kind === 'listed' ? 'it lists everything' : 'it does not list its own test entry';
    return [unknownFinding('blocklist-dead', what, list, `${fault}, so it is dead or does not answer here`)];
  }
  if (reading.kind !== 'listed') return [];
  const message = `${list} lists ${what} (${reading.codes.join(', ')}): ask there why, and stop sending from it until it is off.`;
  return [{ code: 'blocklist-listed', message }];
}

function unknownFinding(code: Finding['code'], what: string, list: string, reason: string): Finding {
  return { code, message: `Whether ${list} lists ${what} is not known: ${reason}.`, cause: `${list}: ${reason}` };
}
