import { existsSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { HOST_NAMES, type HostName } from '../settings/settings.js';
import { step, type Emit } from './events.js';
import { makeKey } from './host-identity.js';
import { LAB_DOMAIN, bootHost, discardHost, waitUntilStarted } from './host.js';
import { makeLayers } from './host-layers.js';
import { waitingFor, withLock } from './lock.js';
import {
  DEFAULT_LAB,
  DEFAULT_STORE,
  LAB_HOSTS,
  labPlace,
  type LabHostName,
  type LabPlace,
  type LabStore,
} from './names.js';
import { labSubnet, raiseNetwork } from './network.js';
import { installRequirements } from './requirements.js';
import { writeSettings } from './settings-file.js';
import { writeKnownHosts } from './ssh.js';
import { provideStandIns } from './stand-ins.js';
import { all, each } from './together.js';
import { trustAuthority } from './trust.js';
import { worldAddresses } from './world/addresses.js';
import { reserveSubnet, writeRecord, type LabRecord, type Origin } from './state.js';

export interface LabUpOptions {
  readonly name?: string;
  readonly store?: LabStore;
  /** What new hosts are made from; hosts that are there keep what they are. Default: bare. */
  readonly from?: Origin;
  /** Default: all three. */
  readonly hosts?: readonly HostName[];
  /**
   * The host `world` too: name servers, a resolver and mailbox providers. A lab that has it keeps it. Default: not.
   */
  readonly world?: boolean;
  /** Throws away the hosts that were named, and the world if it was, and makes them anew. */
  readonly reset?: boolean;
  /** Number of sending IPs in the settings file, 1 to 100. Default: what the lab has, or 5. */
  readonly sendingIps?: number;
  /** Debian packages that each role installs: what `from: 'packages'` has in place. */
  readonly packages: Readonly<Record<HostName, readonly string[]>>;
}

export interface LabUpResult {
  readonly name: string;
  readonly folder: string;
  readonly settingsFile: string;
  readonly hosts: readonly LabUpHost[];
}

export interface LabUpHost {
  readonly host: LabHostName;
  readonly address: string;
  readonly from: Origin;
  /** False for a host that ran already. */
  readonly started: boolean;
}

/**
 * Brings a lab up: its hosts booted and reachable over SSH, and its folder with key, known_hosts, settings file, backup set and
 * package. What is up already is left alone, and what a killed run left half done is done again.
 */
export async function labUp(options: LabUpOptions, emit: Emit): Promise<LabUpResult> {
  const lab = labPlace(options.name ?? DEFAULT_LAB, options.store ?? DEFAULT_STORE);
  await installRequirements(emit);
  const wait = (seconds: number): void =>
    emit({ kind: 'note', text: waitingFor(`Another run works on the lab "${lab.name}"`, seconds) });
  return withLock(lab.folder, () => bringUp(lab, options, emit), wait);
}

async function bringUp(lab: LabPlace, options: LabUpOptions, emit: Emit): Promise<LabUpResult> {
  await mkdir(lab.folder, { recursive: true });
  await chmod(lab.folder, 0o700);
  const reserved = await reserveSubnet(lab, options.sendingIps);
  const named = namedHosts(options);
  const hosts = reserved.hosts.world && !options.world ? ([...named, 'world'] as const) : named;
  if (options.reset) {
    await step(emit, { step: 'throwing away the hosts' }, () => each(named, (host) => discardHost(lab, host)));
  }
  const made = await makeLayers(lab, named, options, reserved, emit);
  const record: LabRecord = { ...reserved, hosts: { ...reserved.hosts, ...made } };
  await writeRecord(lab, record);

  const subnet = labSubnet(record.subnet, record.sendingIps);
  await raiseNetwork(lab, subnet);
  await makeLabKey(lab);
  const [started] = await all([each(hosts, (host) => bootHost(lab, host, record, emit)), provide(lab, record, emit)]);
  await writeKnownHosts(lab, record);
  await each(hosts, (host) => waitUntilStarted(lab, record, host));
  if (record.hosts.world) await trustAuthority(lab, record, hosts);
  return {
    name: lab.name,
    folder: lab.folder,
    settingsFile: lab.settingsFile,
    hosts: hosts.map((host, index) => ({
      host,
      address: subnet.hosts[host],
      from: record.hosts[host]?.from ?? 'bare',
      started: started[index] ?? false,
    })),
  };
}

const namedHosts = ({ hosts = HOST_NAMES, world = false }: LabUpOptions): LabHostName[] =>
  LAB_HOSTS.filter((host) => (host === 'world' ? world : hosts.includes(host)));

/** Everything in the lab's folder that commands need beside the hosts. */
async function provide(lab: LabPlace, record: LabRecord, emit: Emit): Promise<void> {
  const pmtaPackage = await provideStandIns(lab, emit);
  const subnet = labSubnet(record.subnet, record.sendingIps);
  const world = record.hosts.world ? { resolvers: Object.values(worldAddresses(subnet).resolvers) } : {};
  await writeSettings(lab, LAB_DOMAIN, { subnet, pmtaPackage, ...world });
}

async function makeLabKey(lab: LabPlace): Promise<void> {
  // The public half is written last: with it there, both are whole.
  if (existsSync(`${lab.keyFile}.pub`)) return;
  await rm(lab.keyFile, { force: true });
  await makeKey(lab.keyFile, `ee lab ${lab.name}`);
}
