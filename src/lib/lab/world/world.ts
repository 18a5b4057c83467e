import { join } from 'node:path';
import { EeError } from '../../errors.js';
import { LAB_DOMAIN, waitUntilStarted } from '../host.js';
import { withLock } from '../lock.js';
import { hostPlace, type LabPlace } from '../names.js';
import { labSubnet, type LabSubnet } from '../network.js';
import { isMounted } from '../overlay.js';
import { onHost } from '../ssh.js';
import { readRecord, type LabRecord } from '../state.js';
import { NAME_SERVERS, worldAddresses, type NameServer, type WorldAddresses } from './addresses.js';
import type { WorldControl } from './control.js';
import { RELOAD_RESOLVERS, memoryFile, stubFile, zoneFiles, type Files, type Memory } from './name-service.js';
import { CONTROL_SOCKET, readFiles, writeFiles } from './world-files.js';
import { NotAZoneLine, serialAt, zonesOf } from './zones.js';

/** The world of a lab that is up. */
export interface World extends WorldControl {
  readonly place: LabPlace;
  readonly record: LabRecord;
  readonly subnet: LabSubnet;
  readonly addresses: WorldAddresses;
}

/** Finds the world of a lab. A lab without one, or one that does not run, is LAB_NOT_RUNNING. */
export async function findWorld(lab: LabPlace): Promise<World> {
  const record = await readRecord(lab);
  const { root } = hostPlace(lab, 'world');
  if (!record?.hosts.world || !(await isMounted(root))) {
    throw new EeError('LAB_NOT_RUNNING', { lab: lab.name, host: 'world' });
  }
  const subnet = labSubnet(record.subnet, record.sendingIps);
  return {
    lab: lab.name,
    place: lab,
    record,
    subnet,
    addresses: worldAddresses(subnet),
    socket: join(root, CONTROL_SOCKET),
  };
}

export interface PublishResult {
  readonly zones: readonly string[];
  readonly servers: readonly NameServer[];
  readonly serial: number;
}

/**
 * Loads records into the lab's name servers in the place of those that were published before, and has the
 * resolvers forget what they knew, unless they were told to remember. `records` is a zone text as `ee dns records --format bind` gives it. A server that is left out keeps what it has: it is stale.
 */
export async function publish(
  { place, record, subnet, addresses }: World,
  records: string,
  servers: readonly NameServer[] = NAME_SERVERS,
): Promise<PublishResult> {
  // Two that publish at once would mix their zones.
  return withLock(`${place.folder} zones`, async () => {
    const serial = serialAt(Date.now());
    const zones = readZones(subnet, records, serial);
    const { root } = hostPlace(place, 'world');
    const files = Object.assign(
      {},
      stubFile(zones, addresses),
      ...servers.map((server) => zoneFiles(server, zones)),
    ) as Files;
    await waitUntilStarted(place, record, 'world');
    await replacing(root, files, () => onHost(place, record, 'world', reload(servers)));
    return { zones: zones.map(({ name }) => name), servers, serial };
  });
}

/** Has the resolvers remember answers for a second only, or as long as their TTLs say. They start with an empty memory. */
export async function remember({ place, record }: World, memory: Memory): Promise<void> {
  const { root } = hostPlace(place, 'world');
  await waitUntilStarted(place, record, 'world');
  await writeFiles(root, memoryFile(memory));
  await onHost(place, record, 'world', 'systemctl restart "world-resolver@*"');
}

function readZones(subnet: LabSubnet, records: string, serial: number): ReturnType<typeof zonesOf> {
  try {
    return zonesOf(subnet, LAB_DOMAIN, records, serial);
  } catch (error) {
    if (!(error instanceof NotAZoneLine)) throw error;
    throw new EeError('LAB_ZONE_LINE', { line: error.line });
  }
}

/** Writes files for a piece of work that reads them; when that fails, those that were there are put back. */
async function replacing(root: string, files: Files, work: () => Promise<unknown>): Promise<void> {
  const before = await readFiles(root, Object.keys(files));
  await writeFiles(root, files);
  try {
    await work();
  } catch (error) {
    await writeFiles(root, before);
    throw error;
  }
}

/** Reloads the servers that run; one that was stopped reads its zones when it starts. */
function reload(servers: readonly NameServer[]): string {
  const each = servers.map(
    (server) => `knotc -c /etc/world/${server}.conf zone-check >/dev/null
if systemctl -q is-active world-ns@${server}; then
  knotc -c /etc/world/${server}.conf -b reload >/dev/null
  knotc -c /etc/world/${server}.conf -b zone-reload >/dev/null
fi
`,
  );
  return `set -e\n${each.join('')}${RELOAD_RESOLVERS}`;
}
