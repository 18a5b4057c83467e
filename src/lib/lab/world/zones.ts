import { reverseName } from '../../dns/names.js';
import { HOST_NAMES } from '../../settings/settings.js';
import type { LabSubnet } from '../network.js';
import { PARENT, PARENT_ZONE, worldAddresses } from './addresses.js';
import { AUTHORITY } from './authority.js';
import { BLOCKLISTS, NOTHING_LISTED, listingRecords, type Listings } from './blocklists.js';
import { exchangeOf, providersOf } from './providers.js';

/** A zone: its name and its file, whole. */
export interface Zone {
  readonly name: string;
  readonly text: string;
}

/** One line of a zone file, with an absolute name. */
interface ZoneRecord {
  readonly name: string;
  readonly type: string;
  readonly line: string;
}

/** Seconds. As short as they may be, so that a test of what is cached where sets its own. */
const TTL = 60;

/**
 * Every zone that the lab's name servers answer for: the lab's domain and the reverse zone of its network, those of the mailbox
 * providers and of the blocklists, and one for each published name that lies in none of these. A published record stands in the place of the lab's own
 * with its name and type, so that what was published is what DNS answers.
 */
export function zonesOf(
  subnet: LabSubnet,
  domain: string,
  published: string,
  serial: number,
  listings: Listings = NOTHING_LISTED,
): Zone[] {
  const records = readRecords(published);
  const own = [
    ...ownRecords(subnet, domain),
    ...listingRecords(listings).map(([name, type, value]) => ownRecord(name, type, value)),
  ].filter((one) => !records.some((other) => sameSet(one, other)));
  const all = [...own, ...records];
  const known = [
    ...[domain, reverseZone(subnet), ...Object.values(BLOCKLISTS)],
    ...providersOf(subnet).flatMap(({ domains }) => domains),
  ];
  const names = [...new Set([...known, ...records.map(({ name }) => zoneFor(name, known))])].sort();
  return names.map((name) => ({
    name,
    text: zoneText(
      name,
      domain,
      serial,
      all.filter((record) => zoneFor(record.name, names) === name),
    ),
  }));
}

/** The zone above: it refers to the two name servers for each of these zones that lies in it. */
export function parentZone(subnet: LabSubnet, domain: string, zones: readonly string[], serial: number): Zone {
  const { nameServers, parent } = worldAddresses(subnet);
  const server = `${PARENT}.${PARENT_ZONE}`;
  const records = [
    `${PARENT_ZONE}. ${TTL} IN SOA ${server}. hostmaster.${PARENT_ZONE}. ${serial} 3600 600 604800 ${TTL}`,
    `${PARENT_ZONE}. ${TTL} IN NS ${server}.`,
    `${server}. ${TTL} IN A ${parent}`,
    ...Object.entries(nameServers).map(([name, address]) => `${name}.${domain}. ${TTL} IN A ${address}`),
    ...zones
      .filter((zone) => zone.endsWith(`.${PARENT_ZONE}`))
      .flatMap((zone) => Object.keys(nameServers).map((name) => `${zone}. ${TTL} IN NS ${name}.${domain}.`)),
  ];
  return { name: PARENT_ZONE, text: `${records.join('\n')}\n` };
}

/** The reverse zone of a lab's /24. */
export function reverseZone(subnet: LabSubnet): string {
  return reverseName(subnet.gateway).replace(/^\d+\./, '');
}

/** The records in a zone text of `ee dns records --format bind`: one a line, with absolute names; comments are left out. */
function readRecords(text: string): ZoneRecord[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map(readRecord);
}

function readRecord(line: string): ZoneRecord {
  const [, name, type] = /^(\S+)\.\s+(?:\d+\s+)?IN\s+([A-Z]+)\s/.exec(line) ?? [];
  if (name === undefined || type === undefined) throw new NotAZoneLine(line);
  return { name: name.toLowerCase(), type, line };
}

/** A line that no zone text of ours has. */
export class NotAZoneLine extends Error {
  constructor(readonly line: string) {
    super(`not a line NAME. TTL IN TYPE VALUE: ${line}`);
  }
}

const sameSet = (one: ZoneRecord, other: ZoneRecord): boolean => one.name === other.name && one.type === other.type;

/** The narrowest of these zones that a name is in; for a name outside of all, the domain that somebody would have registered. */
function zoneFor(name: string, zones: readonly string[]): string {
  const around = zones.filter((zone) => name === zone || name.endsWith(`.${zone}`));
  const [narrowest] = around.sort((one, other) => other.length - one.length);
  return narrowest ?? name.split('.').slice(-2).join('.');
}

/** What the lab itself says of its hosts and of the providers. */
function ownRecords(subnet: LabSubnet, domain: string): ZoneRecord[] {
  const host = (name: string, address: string): ZoneRecord[] => [
    ownRecord(name, 'A', address),
    ownRecord(reverseName(address), 'PTR', `${name}.`),
  ];
  const { nameServers, resolvers, authority } = worldAddresses(subnet);
  return [
    ...HOST_NAMES.flatMap((name) => host(`${name}.${domain}`, subnet.hosts[name])),
    ...Object.entries({ ...nameServers, ...resolvers }).flatMap(([name, address]) =>
      host(`${name}.${domain}`, address),
    ),
    ...host(`${AUTHORITY}.${domain}`, authority),
    ...providersOf(subnet).flatMap((provider) => [
      ...host(exchangeOf(provider), provider.address),
      ...provider.domains.map((name) => ownRecord(name, 'MX', `10 ${exchangeOf(provider)}.`)),
    ]),
  ];
}

function ownRecord(name: string, type: string, value: string): ZoneRecord {
  return { name, type, line: `${name}. ${TTL} IN ${type} ${value}` };
}

function zoneText(zone: string, domain: string, serial: number, records: readonly ZoneRecord[]): string {
  return [
    `${zone}. ${TTL} IN SOA ns1.${domain}. hostmaster.${domain}. ${serial} 3600 600 604800 ${TTL}`,
    `${zone}. ${TTL} IN NS ns1.${domain}.`,
    `${zone}. ${TTL} IN NS ns2.${domain}.`,
    ...records.map(({ line }) => line),
    '',
  ].join('\n');
}

/** A serial number that rises with the clock, ten times a second (RFC 1982 lets it go around). */
export const serialAt = (milliseconds: number): number => Math.floor(milliseconds / 100) % 2 ** 32;
