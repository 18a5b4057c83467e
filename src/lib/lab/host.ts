import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { EeError } from '../errors.js';
import { step, type Emit } from './events.js';
import { writeIdentity, writeResolvConf } from './host-identity.js';
import { tellLicenceDouble } from './licence-double.js';
import { cutPower, isRunning, shutDown, start, waitForSsh } from './machine.js';
import { hostPlace, type HostPlace, type LabHostName, type LabPlace } from './names.js';
import { labSubnet, type LabSubnet } from './network.js';
import { isMounted, mountOverlay, unmountBelow } from './overlay.js';
import { fillFromPool, takeIntoPool } from './package-pool.js';
import { resolvConf } from './resolv-conf.js';
import { onHost } from './ssh.js';
import { readRecord, type HostRecord, type LabRecord } from './state.js';
import { worldAddresses } from './world/addresses.js';
import { writeWorld } from './world/world-files.js';

/** Domain of the lab: reserved for documentation and tests (RFC 2606), so that it can never be anybody's. */
export const LAB_DOMAIN = 'lab.example';

/**
 * Boots a host of a lab over the layers in its record and waits until it can be worked on. One that runs already is left alone.
 * Says whether it was started.
 */
export async function bootHost(lab: LabPlace, host: LabHostName, record: LabRecord, emit: Emit): Promise<boolean> {
  const place = hostPlace(lab, host);
  const made = record.hosts[host];
  if (!made) throw new EeError('LAB_NOT_RUNNING', { lab: lab.name, host });
  const subnet = labSubnet(record.subnet, record.sendingIps);
  const { hosts, gateway } = subnet;
  const resolver = await resolvConfOf(record, subnet);
  if ((await isRunning(place)) && (await isMounted(place.root))) {
    await writeResolvConf(place.root, resolver);
    await waitForSsh(place, hosts[host]);
    return false;
  }
  await step(emit, { step: 'booting', host }, async () => {
    await prepare(lab, place, made);
    await writeIdentity(place.root, {
      host,
      domain: LAB_DOMAIN,
      addresses: host === 'world' ? worldAddresses(subnet).all : [hosts[host]],
      gateway,
      resolvConf: resolver,
      authorizedKey: (await readFile(`${lab.keyFile}.pub`, 'utf8')).trim(),
    });
    if (host === 'world') await writeWorld(place.root, subnet, LAB_DOMAIN);
    if (host === 'vps1' && record.hosts.world) await tellLicenceDouble(place.root, subnet);
    await start(lab, place);
    await waitForSsh(place, hosts[host]);
  });
  return true;
}

/** Waits until systemd on a host has started everything. A unit that failed is the host's affair, not the lab's. */
export async function waitUntilStarted(lab: LabPlace, record: LabRecord, host: LabHostName): Promise<void> {
  await onHost(lab, record, host, 'systemctl is-system-running --wait >/dev/null || test $? -eq 1');
}

/** Hosts of a lab with a world ask the world's resolvers; those of another what this machine asks. */
async function resolvConfOf(record: LabRecord, subnet: LabSubnet): Promise<string> {
  if (!record.hosts.world) return resolvConf();
  return Object.values(worldAddresses(subnet).resolvers)
    .map((address) => `nameserver ${address}\n`)
    .join('');
}

/** Clears away what a killed run or a dead machine left, and mounts the layers anew. */
async function prepare(lab: LabPlace, place: HostPlace, made: HostRecord): Promise<void> {
  await cutPower(place);
  await unmountBelow(place.root);
  const missing = made.layers.find((layer) => !existsSync(layer));
  if (missing !== undefined) throw new EeError('LAB_LAYER_GONE', { lab: lab.name, host: place.host, layer: missing });
  if (!existsSync(place.upper)) await fillFromPool(lab.store, place.suite, place.upper);
  await mountOverlay({ lower: made.layers, upper: place.upper, work: place.work, root: place.root });
}

/** Removes a host with everything that it ever wrote; only the packages that it downloaded are kept for others. */
export async function discardHost(lab: LabPlace, host: LabHostName): Promise<void> {
  const place = hostPlace(lab, host);
  await shutDown(place);
  await unmountBelow(place.folder);
  await takeIntoPool(lab.store, place.suite, place.upper);
  await rm(place.folder, { recursive: true, force: true });
}

/** Ends a host as a power cut does. `boot` starts it again with the files as they were in that moment. */
export async function powerCut(lab: LabPlace, host: LabHostName): Promise<void> {
  await cutPower(hostPlace(lab, host));
}

/** Boots one host of a lab that is there, after a power cut or a shutdown. Says whether it was started. */
export async function boot(lab: LabPlace, host: LabHostName, emit: Emit): Promise<boolean> {
  const record = await readRecord(lab);
  if (!record) throw new EeError('LAB_NOT_RUNNING', { lab: lab.name, host });
  const started = await bootHost(lab, host, record, emit);
  await waitUntilStarted(lab, record, host);
  return started;
}
