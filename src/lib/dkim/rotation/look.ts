import { fingerprint } from '../fingerprint.js';
import { readPublished } from '../record.js';

/** What the servers answer for the name of a selector. */
export interface SelectorAnswers {
  /** Seconds that a cache keeps "there is no such name". */
  readonly negativeTtl: number | undefined;
  readonly answers: readonly {
    readonly server: string;
    readonly role: 'authoritative' | 'resolver';
    /** Each TXT record as one text. */
    readonly answer:
      | { readonly kind: 'found'; readonly values: readonly string[] }
      | { readonly kind: 'none'; readonly reason: string }
      | { readonly kind: 'unknown'; readonly reason: string };
    readonly ttl: number | undefined;
  }[];
  /** Why the authoritative servers could not be found. */
  readonly reason?: string;
}

/** What to hold of the answers of several servers. Unknown is neither: it never moves a key. */
export type Verdict =
  | { readonly kind: 'right' }
  /** Nothing is there yet, or not everywhere. */
  | { readonly kind: 'absent'; readonly reasons: readonly string[] }
  /** Something else is there. */
  | { readonly kind: 'wrong'; readonly reasons: readonly string[] }
  | { readonly kind: 'unknown'; readonly reasons: readonly string[] };

/** What DNS says of a key. */
export interface Look {
  /** All servers of the zone. */
  readonly authoritative: Verdict;
  /** These, and at least two resolvers. */
  readonly everywhere: Verdict;
  /** The servers of the zone no longer answer with the key. */
  readonly withdrawn: Verdict;
  /** Seconds after which no cache has an answer of before. */
  readonly hold: number;
}

/** Resolvers that must have the record too. */
export const RESOLVERS_NEEDED = 2;

/** Seconds that are assumed where no server tells how long its answers are kept. */
const ASSUMED_TTL = 3600;

/** Judges the answers for the key with this fingerprint. */
export function look(seen: SelectorAnswers, key: string): Look {
  const judged = seen.answers.map((one) => ({ ...one, verdict: judgedAnswer(one.server, one.answer, key) }));
  const ofZone = judged.filter(({ role }) => role === 'authoritative');
  const ofResolvers = judged.filter(({ role }) => role === 'resolver').map(({ verdict }) => verdict);
  const authoritative = together(ofZone.map(({ verdict }) => verdict)) ?? noServers(seen);
  return {
    authoritative,
    everywhere: everywhere(authoritative, ofResolvers),
    withdrawn: together(ofZone.map(({ server, answer }) => withdrawnAnswer(server, answer))) ?? noServers(seen),
    hold: Math.max(seen.negativeTtl ?? ASSUMED_TTL, ...seen.answers.map(({ ttl }) => ttl ?? 0)),
  };
}

type Answer = SelectorAnswers['answers'][number]['answer'];

function judgedAnswer(server: string, answer: Answer, key: string): Verdict {
  if (answer.kind === 'unknown') return { kind: 'unknown', reasons: [`${server}: ${answer.reason}`] };
  if (answer.kind === 'none') return { kind: 'absent', reasons: [`${server}: ${answer.reason}`] };
  const fault = faultOf(answer.values, key);
  return fault === undefined ? { kind: 'right' } : { kind: 'wrong', reasons: [`${server}: ${fault}`] };
}

function faultOf(values: readonly string[], key: string): string | undefined {
  const record = readPublished(values.map((value) => [value]));
  switch (record.kind) {
    case 'key':
      if (fingerprint(record.publicKey) !== key) return 'it has another key';
      return record.testing ? 'its tag t=y says that the domain only tests' : undefined;
    case 'revoked':
      return 'its tag p is empty: the key is revoked';
    case 'missing':
      return 'it has no such record';
    case 'several':
      return `it has ${record.count} TXT records, and verifiers disagree about which counts`;
    case 'malformed':
      return record.reason;
  }
}

function withdrawnAnswer(server: string, answer: Answer): Verdict {
  if (answer.kind === 'unknown') return { kind: 'unknown', reasons: [`${server}: ${answer.reason}`] };
  if (answer.kind === 'none') return { kind: 'right' };
  const record = readPublished(answer.values.map((value) => [value]));
  return record.kind === 'revoked' ? { kind: 'right' } : { kind: 'wrong', reasons: [`${server}: still has a key`] };
}

/** One verdict of many: what is definitely not right comes first, then what is not known. */
function together(verdicts: readonly Verdict[]): Verdict | undefined {
  if (verdicts.length === 0) return undefined;
  const reasons = verdicts.flatMap((verdict) => (verdict.kind === 'right' ? [] : verdict.reasons));
  for (const kind of ['wrong', 'absent', 'unknown'] as const) {
    if (verdicts.some((verdict) => verdict.kind === kind)) return { kind, reasons };
  }
  return { kind: 'right' };
}

function everywhere(authoritative: Verdict, resolvers: readonly Verdict[]): Verdict {
  const definite = together([authoritative, ...resolvers.filter(({ kind }) => kind !== 'unknown')]);
  if (definite && definite.kind !== 'right') return definite;
  if (resolvers.filter(({ kind }) => kind === 'right').length >= RESOLVERS_NEEDED) return { kind: 'right' };
  const unknown = resolvers.flatMap((verdict) => (verdict.kind === 'unknown' ? verdict.reasons : []));
  return { kind: 'unknown', reasons: unknown.length > 0 ? unknown : ['too few resolvers were asked'] };
}

const noServers = ({ reason }: SelectorAnswers): Verdict => ({
  kind: 'unknown',
  reasons: [reason ?? 'the name servers of its zone could not be found'],
});
