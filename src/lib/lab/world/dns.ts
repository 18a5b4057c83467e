import { EeError } from '../../errors.js';
import { LAB_DOMAIN, waitUntilStarted } from '../host.js';
import { withLock } from '../lock.js';
import { hostPlace } from '../names.js';
import { onHost } from '../ssh.js';
import { NAME_SERVERS, type NameServer } from './addresses.js';
import { BLOCKLISTS, type Listings } from './blocklists.js';
import { dnsStateFile, readDnsState, type DnsState } from './dns-state.js';
import {
  DNS_SERVERS,
  faultScript,
  isNameServer,
  withFault,
  withoutFaults,
  type DnsFault,
  type DnsServer,
} from './faults.js';
import {
  RELOAD_RESOLVERS,
  memoryFile,
  reloadNameServer,
  stubFile,
  zoneFiles,
  zoneListFile,
  type Files,
  type Memory,
} from './name-service.js';
import { readFiles, writeFiles } from './world-files.js';
import type { World } from './world.js';
import { NotAZoneLine, serialAt, zonesOf, type Zone } from './zones.js';

export interface PublishResult {
  readonly zones: readonly string[];
  readonly servers: readonly NameServer[];
  readonly serial: number;
}

/**
 * Loads records into the lab's name servers in the place of those that were published before, and has the resolvers forget what
 * they knew, unless they were told to remember. `records` is a zone text as `ee dns records --format bind` gives it. A server that
 * is left out keeps what it has: it is stale.
 */
export async function publish(
  world: World,
  records: string,
  servers: readonly NameServer[] = NAME_SERVERS,
): Promise<PublishResult> {
  return changing(world, async (state) => {
    const serial = serialAt(Date.now());
    const zones = readZones(world, records, serial, state.listings);
    const names = zones.map(({ name }) => name);
    const next = { ...state, zones: { ...state.zones, ...Object.fromEntries(servers.map((one) => [one, names])) } };
    await load(world, next, zones, servers);
    return { zones: names, servers, serial };
  });
}

/** Changes what the blocklists of the lab say; what is published stays. */
export async function changeListings(world: World, change: (listings: Listings) => Listings): Promise<Listings> {
  return changing(world, async (state) => {
    const listings = change(state.listings);
    const lists: readonly string[] = Object.values(BLOCKLISTS);
    const zones = readZones(world, '', serialAt(Date.now()), listings).filter(({ name }) => lists.includes(name));
    await load(world, { ...state, listings }, zones, NAME_SERVERS);
    return listings;
  });
}

/** Gives a DNS server a fault, beside those that it has. Gives all of its faults. */
export async function disturb(world: World, server: DnsServer, fault: DnsFault): Promise<readonly DnsFault[]> {
  return changing(world, async (state) => {
    const zone = 'zone' in fault ? fault.zone : undefined;
    if (zone !== undefined && !(isNameServer(server) && state.zones[server].includes(zone))) {
      throw new EeError('USAGE', {
        message: `${server} has no zone ${zone}.`,
        hint: isNameServer(server) ? `It has ${state.zones[server].join(', ')}.` : 'A zone is one of a name server.',
      });
    }
    const next = { ...state, faults: withFault(state.faults, server, fault) };
    await putFaults(world, next, server);
    return next.faults[server] ?? [];
  });
}

/** Takes every fault of a DNS server away; without one, those of all. */
export async function heal(world: World, server?: DnsServer): Promise<void> {
  await changing(world, async (state) => {
    let next = state;
    for (const one of DNS_SERVERS.filter((name) => name in state.faults && name === (server ?? name))) {
      next = { ...next, faults: withoutFaults(next.faults, one) };
      await putFaults(world, next, one);
    }
  });
}

/** Has the resolvers remember answers for a second only, or as long as their TTLs say. They start with an empty memory. */
export async function remember(world: World, memory: Memory): Promise<void> {
  await changing(world, async () => {
    await writeFiles(rootOf(world), memoryFile(memory));
    await onHost(world.place, world.record, 'world', 'systemctl try-restart "world-resolver@*"');
  });
}

const rootOf = ({ place }: World): string => hostPlace(place, 'world').root;

/** One at a time: two that write zones at once would mix them. */
function changing<T>(world: World, work: (state: DnsState) => Promise<T>): Promise<T> {
  return withLock(`${world.place.folder} zones`, async () => {
    await waitUntilStarted(world.place, world.record, 'world');
    return work(await readDnsState(rootOf(world)));
  });
}

function readZones({ subnet }: World, records: string, serial: number, listings: Listings): Zone[] {
  try {
    return zonesOf(subnet, LAB_DOMAIN, records, serial, listings);
  } catch (error) {
    if (!(error instanceof NotAZoneLine)) throw error;
    throw new EeError('LAB_ZONE_LINE', { line: error.line });
  }
}

/** Has some name servers answer with these zones, and the resolvers find all that any of them has. */
async function load(
  world: World,
  state: DnsState,
  zones: readonly Zone[],
  servers: readonly NameServer[],
): Promise<void> {
  const served = [...new Set(NAME_SERVERS.flatMap((server) => state.zones[server]))].sort();
  const files = [
    ...servers.flatMap((server) => [
      zoneFiles(server, zones),
      zoneListFile(server, state.zones[server], state.faults[server]),
    ]),
    stubFile(served, world.addresses),
    dnsStateFile(state),
  ];
  const reload = servers.map((server) => reloadNameServer(server, state.zones[server], state.faults[server]));
  await replacing(world, Object.assign({}, ...files) as Files, `set -e\n${reload.join('')}${RELOAD_RESOLVERS}`);
}

async function putFaults(world: World, state: DnsState, server: DnsServer): Promise<void> {
  const list = isNameServer(server) ? zoneListFile(server, state.zones[server], state.faults[server]) : {};
  const script = `${faultScript(server, state.faults, world.addresses)}${RELOAD_RESOLVERS}`;
  await replacing(world, { ...list, ...dnsStateFile(state) }, script);
}

/** Writes files for a script that reads them; when that fails, those that were there are put back. */
async function replacing(world: World, files: Files, script: string): Promise<void> {
  const root = rootOf(world);
  const before = await readFiles(root, Object.keys(files));
  await writeFiles(root, files);
  try {
    await onHost(world.place, world.record, 'world', script);
  } catch (error) {
    await writeFiles(root, before);
    throw error;
  }
}
