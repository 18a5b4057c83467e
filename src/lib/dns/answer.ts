import type { DecodedPacket, SoaAnswer } from 'dns-packet';
import type { Reply } from './ask.js';
import { canonical, responseCode, type Question } from './message.js';
import { valueIn, type QueryType, type ValueTypes } from './values.js';

/** What DNS said. A missing answer is never a good one: whoever asks must decide for each of the three. */
export type Answer<Value = string> =
  | { readonly kind: 'found'; readonly values: readonly Value[] }
  /** The name does not exist (NXDOMAIN), or has no record of this type. */
  | { readonly kind: 'none'; readonly reason: string }
  /** It could not be determined: no answer in time, or a server that failed or refused. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** An answer with what else a packet says of it. */
export interface Reading<Value> {
  readonly answer: Answer<Value>;
  /** Seconds that it may be kept: the least of all records that led to it, or what a resolver keeps a missing one. */
  readonly ttl?: number;
  /** What the name is an alias of (CNAME), at the end of the chain that the packet holds. */
  readonly alias?: string;
  /** The chain leaves what the server holds: the answer is that of the servers of `alias`. */
  readonly elsewhere?: boolean;
  /** The zone below, to whose name servers the server refers: the name is in that one. */
  readonly referral?: string;
}

/** As what a server was asked: for what it holds itself, or to find the answer. */
export type Role = 'authoritative' | 'resolver';

const NAME_ERROR = 3;
const NO_NAME = 'the name does not exist';
const NO_RECORD = 'it has no such record';

const UNKNOWN: Readonly<Record<number, string>> = {
  1: 'the name server does not understand the question (FORMERR)',
  2: 'the name server failed (SERVFAIL)',
  4: 'the name server does not know how to answer (NOTIMP)',
  5: 'the name server refused to answer',
};

/** Reads a reply as the answer to a question. Anything that is not clearly one or clearly none is unknown. */
export function read<Type extends QueryType>(
  reply: Reply,
  question: Question & { readonly type: Type },
  role: Role,
): Reading<ValueTypes[Type]> {
  if (reply.kind === 'silence') return unknown(reply.reason);
  const { packet } = reply;
  const code = responseCode(packet);
  if (code !== 0 && code !== NAME_ERROR) return unknown(UNKNOWN[code] ?? `the name server answered with code ${code}`);
  if (role === 'authoritative' && !packet.flag_aa) {
    const referral = (packet.authorities ?? []).find((record) => record.type === 'NS');
    return {
      ...unknown('it does not answer for this zone, though it is one of its name servers (lame)'),
      ...(referral && { referral: canonical(referral.name) }),
    };
  }
  if (packet.flag_tc) return unknown('its answer was cut');

  const { owner, ttls } = chain(packet, question);
  const alias = owner === question.name ? {} : { alias: owner };
  const records = (packet.answers ?? []).filter(
    (record) => record.type === question.type && canonical(record.name) === owner,
  );
  if (records.length > 0) {
    const values = records.map((record) => valueIn(question.type, record));
    return { answer: { kind: 'found', values }, ttl: Math.min(...ttls, ...records.map(ttlOf)), ...alias };
  }
  const soa = startOfAuthority(packet);
  if (soa === undefined && role === 'authoritative' && owner !== question.name)
    return { ...unknown(`it is an alias of ${owner}, which another server holds`), ...alias, elsewhere: true };
  if (soa === undefined && !packet.flag_aa && (packet.authorities ?? []).some(({ type }) => type === 'NS'))
    return unknown('it only says who else to ask: it is no resolver');
  const missing = code === NAME_ERROR ? NO_NAME : NO_RECORD;
  const reason = owner === question.name ? missing : `${missing} (${owner}, of which it is an alias)`;
  return { answer: { kind: 'none', reason }, ...(soa && { ttl: Math.min(...ttls, negativeTtl(soa)) }), ...alias };
}

const unknown = (reason: string): { answer: Answer<never> } => ({ answer: { kind: 'unknown', reason } });

/** Follows the aliases in a packet, to the name that they end at. */
function chain({ answers = [] }: DecodedPacket, { name, type }: Question): { owner: string; ttls: number[] } {
  const ttls: number[] = [];
  let owner = name;
  if (type === 'CNAME') return { owner, ttls };
  const seen = new Set([owner]);
  for (;;) {
    const alias = answers.find((record) => record.type === 'CNAME' && canonical(record.name) === owner);
    if (alias === undefined) return { owner, ttls };
    const target = valueIn('CNAME', alias);
    if (seen.has(target)) return { owner, ttls };
    seen.add(target);
    ttls.push(ttlOf(alias));
    owner = target;
  }
}

const ttlOf = (record: object): number => ('ttl' in record && typeof record.ttl === 'number' ? record.ttl : 0);

/** The SOA record that comes with an answer that there is nothing (RFC 2308 §3). */
export function startOfAuthority({ authorities = [] }: DecodedPacket): SoaAnswer | undefined {
  return authorities.find((record): record is SoaAnswer => record.type === 'SOA');
}

/** Seconds that resolvers keep "there is nothing" (RFC 2308 §5). */
export function negativeTtl(soa: SoaAnswer): number {
  return Math.min(ttlOf(soa), soa.data.minimum ?? 0);
}
