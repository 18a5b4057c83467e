import { read, startOfAuthority, type Answer } from './answer.js';
import type { Reply } from './ask.js';
import { canonical, responseCode, type Question } from './message.js';
import { valueIn } from './values.js';
import { addressesOf, serversOf, zoneNameOf, type AskResolvers, type ZoneServer } from './zone.js';

/** How the zone above refers to a zone, and what the servers make of it that it refers to. */
export interface Delegation {
  readonly zone: string;
  /** The names of the name servers in the zone above; `none` where it refers to nobody. */
  readonly above: Answer;
  /** Which server of the zone above said so. */
  readonly by: string | undefined;
  /** Every address of every server that the zone above names. */
  readonly servers: readonly DelegatedServer[];
}

export interface DelegatedServer {
  /** `ns1.example.com (192.0.2.53)`. */
  readonly server: string;
  /** The names of the name servers by this server's own zone. */
  readonly answer: Answer;
  /** It answers, and does not answer for the zone. */
  readonly lame: boolean;
}

/** How questions reach servers. */
export interface Ways {
  readonly resolve: AskResolvers;
  /** Asks a name server for what it holds itself. */
  readonly direct: (address: string, question: Question) => Promise<Reply>;
  readonly label: (server: ZoneServer) => string;
  readonly ipv6: boolean;
}

/** Servers of the zone above that are asked before its answer counts as unknown. */
const MOST = 4;

const REFUSED = 5;
const NOT_AUTHORITATIVE = 9;

/** Asks the zone above a zone for its delegation, and each server that it names whether it answers for the zone. */
export async function delegationOf(zone: string, ways: Ways): Promise<Delegation> {
  const { above, by, glue } = await referralTo(zone, ways);
  const hosts = above.kind === 'found' ? [...above.values].sort() : [];
  const places = await Promise.all(
    hosts.map(async (host): Promise<readonly ZoneServer[]> => {
      const addresses = glue.filter((one) => one.host === host);
      return addresses.length > 0 ? addresses : addressesOf(host, ways.resolve, ways.ipv6);
    }),
  );
  return { zone, above, by, servers: await Promise.all(places.flat().map((place) => delegated(zone, place, ways))) };
}

interface Referral {
  readonly above: Answer;
  readonly by: string | undefined;
  /** The addresses that came with it: who follows the referral asks these. */
  readonly glue: readonly ZoneServer[];
}

async function referralTo(zone: string, ways: Ways): Promise<Referral> {
  const unknown = (reason: string): Referral => ({ above: { kind: 'unknown', reason }, by: undefined, glue: [] });
  const parent = await zoneNameOf(zone.slice(zone.indexOf('.') + 1), ways.resolve);
  if (parent instanceof Error) return unknown(`the zone above could not be found: ${parent.message}`);
  const found = await serversOf(parent, ways.resolve, ways.ipv6);
  if (found.kind === 'unknown') return unknown(found.reason);
  let reason = `${parent} has no name server with an address`;
  for (const server of found.zone.servers.filter(({ address }) => address !== undefined).slice(0, MOST)) {
    const reply = await ways.direct(server.address ?? '', { name: zone, type: 'NS' });
    const referral = readReferral(zone, reply, ways.ipv6);
    if (referral.above.kind !== 'unknown') return { ...referral, by: ways.label(server) };
    reason = `${ways.label(server)}: ${referral.above.reason}`;
  }
  return unknown(reason);
}

/** The delegation in a reply: in its authority section, or as the answer of a server that holds both zones. */
function readReferral(zone: string, reply: Reply, ipv6: boolean): Omit<Referral, 'by'> {
  if (reply.kind === 'silence') return { above: { kind: 'unknown', reason: reply.reason }, glue: [] };
  const { packet } = reply;
  const records = [...(packet.authorities ?? []), ...(packet.answers ?? [])];
  const servers = records.filter((record) => record.type === 'NS' && canonical(record.name) === zone);
  if (servers.length > 0) {
    const glue = (packet.additionals ?? []).flatMap((record): ZoneServer[] =>
      record.type === 'A' || (ipv6 && record.type === 'AAAA')
        ? [{ host: canonical(record.name), address: valueIn(record.type, record) }]
        : [],
    );
    return { above: { kind: 'found', values: servers.map((record) => valueIn('NS', record)) }, glue };
  }
  const { answer } = read(reply, { name: zone, type: 'NS' }, 'authoritative');
  if (answer.kind === 'none' && startOfAuthority(packet) !== undefined) return { above: answer, glue: [] };
  const reason =
    answer.kind === 'unknown' ? answer.reason : 'it neither refers to the zone nor says that there is none';
  return { above: { kind: 'unknown', reason }, glue: [] };
}

async function delegated(zone: string, place: ZoneServer, { direct, label }: Ways): Promise<DelegatedServer> {
  const server = label(place);
  if (place.address === undefined) {
    const reason = place.reason ?? 'it has no address';
    return { server, answer: { kind: 'unknown', reason }, lame: false };
  }
  const reply = await direct(place.address, { name: zone, type: 'NS' });
  const { answer } = read(reply, { name: zone, type: 'NS' }, 'authoritative');
  return { server, answer, lame: reply.kind === 'packet' && answer.kind === 'unknown' && isLame(reply) };
}

/** A server that failed may answer at the next look; one that does not know of the zone says so. */
function isLame({ packet }: Extract<Reply, { kind: 'packet' }>): boolean {
  const code = responseCode(packet);
  return code === REFUSED || code === NOT_AUTHORITATIVE || ((code === 0 || code === 3) && packet.flag_aa !== true);
}
