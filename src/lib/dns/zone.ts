import type { Reply } from './ask.js';
import { negativeTtl, read, startOfAuthority, type Answer } from './answer.js';
import { canonical, responseCode, type Question } from './message.js';
import { isWithin } from './names.js';
import type { QueryType, ValueTypes } from './values.js';

/** One address of a name server of a zone; without an address when it could not be found. */
export interface ZoneServer {
  /** `ns1.example.com`. */
  readonly host: string;
  readonly address?: string;
  /** Why it has no address. */
  readonly reason?: string;
}

/** The zone that a name is in, as resolvers see it. */
export interface Zone {
  readonly name: string;
  readonly servers: readonly ZoneServer[];
}

export type FoundZone =
  { readonly kind: 'zone'; readonly zone: Zone } | { readonly kind: 'unknown'; readonly reason: string };

/** Asks the resolvers one after the other, until one knows: the answer of a cache is good enough to find a name server. */
export type AskResolvers = (question: Question) => Promise<Reply>;

/**
 * The zone to begin with on the way to a name. Resolvers are never asked about the name itself before the name servers are: what they
 * hear to be missing they go on calling missing, and for a name that is about to be published that would do harm. So they are asked
 * about the domain that somebody registered, or the network of an address; name servers refer to the zones below.
 */
export function beginningOf(name: string): string {
  const labels = name.split('.');
  return labels.slice(name.endsWith('.arpa') ? 1 : -2).join('.');
}

/**
 * Finds the zone of a name: an SOA query gives the record of the zone that the name is in, as the answer or beside the statement
 * that there is none (RFC 2308 §3). Where it does not, as for an alias, the name above is asked about.
 */
export async function zoneNameOf(name: string, resolve: AskResolvers): Promise<string | Error> {
  let reason = 'no resolver says which zone it is in';
  for (let at = name; at !== ''; at = at.slice(at.indexOf('.') + 1 || at.length)) {
    const reply = await resolve({ name: at, type: 'SOA' });
    if (reply.kind === 'silence') return new Error(reply.reason);
    const owner = zoneIn(reply, at);
    if (owner !== undefined) return owner;
    const { answer } = read(reply, { name: at, type: 'SOA' }, 'resolver');
    if (answer.kind === 'unknown') ({ reason } = answer);
  }
  return new Error(reason);
}

function zoneIn(reply: Extract<Reply, { kind: 'packet' }>, name: string): string | undefined {
  const { packet } = reply;
  if (responseCode(packet) !== 0 && responseCode(packet) !== 3) return undefined;
  const answers = packet.answers ?? [];
  // The zone of an alias is the one above it, never that of its target.
  if (answers.some((record) => record.type === 'CNAME' && canonical(record.name) === name)) return undefined;
  if (answers.some((record) => record.type === 'SOA' && canonical(record.name) === name)) return name;
  const soa = startOfAuthority(packet);
  const owner = soa === undefined ? '' : canonical(soa.name);
  return owner !== '' && isWithin(name, owner) ? owner : undefined;
}

/** The name servers of a zone with every address of theirs, IPv6 only where this machine has it. */
export async function serversOf(zone: string, resolve: AskResolvers, ipv6: boolean): Promise<FoundZone> {
  const names = await lookUp({ name: zone, type: 'NS' }, resolve);
  if (names.kind !== 'found')
    return { kind: 'unknown', reason: `the name servers of ${zone} could not be found: ${names.reason}` };
  const servers = await Promise.all([...names.values].sort().map((host) => addressesOf(host, resolve, ipv6)));
  return { kind: 'zone', zone: { name: zone, servers: servers.flat() } };
}

/** Every address of a name server, IPv6 only where this machine has it. */
export async function addressesOf(host: string, resolve: AskResolvers, ipv6: boolean): Promise<ZoneServer[]> {
  const four = await lookUp({ name: host, type: 'A' }, resolve);
  const six = ipv6 ? await lookUp({ name: host, type: 'AAAA' }, resolve) : undefined;
  const addresses = [four, six].flatMap((answer) => (answer?.kind === 'found' ? answer.values : []));
  if (addresses.length > 0) return addresses.map((address) => ({ host, address }));
  const [reason] = [four, six].flatMap((answer) => (answer && answer.kind !== 'found' ? [answer.reason] : []));
  return [{ host, reason: `its address could not be found: ${reason ?? 'there is none'}` }];
}

async function lookUp<Type extends QueryType>(
  question: Question & { readonly type: Type },
  resolve: AskResolvers,
): Promise<Answer<ValueTypes[Type]>> {
  return read(await resolve(question), question, 'resolver').answer;
}

/** What a name server says of its own zone: seconds that resolvers keep "there is nothing" of it. */
export function negativeTtlIn(reply: Reply, zone: string): number | undefined {
  if (reply.kind === 'silence' || !reply.packet.flag_aa) return undefined;
  const records = reply.packet.answers ?? [];
  const soa = records.find((record) => record.type === 'SOA' && canonical(record.name) === zone);
  return soa?.type === 'SOA' ? negativeTtl(soa) : undefined;
}
