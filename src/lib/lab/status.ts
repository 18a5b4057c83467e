import { isRunning, sshGreets } from './machine.js';
import { DEFAULT_STORE, LAB_HOSTS, hostPlace, labPlace, type LabHostName, type LabStore } from './names.js';
import { labSubnet, networkIsUp } from './network.js';
import { labNames, readRecord, type Origin } from './state.js';

export interface LabStatus {
  readonly name: string;
  readonly folder: string;
  readonly settingsFile: string;
  readonly network: { readonly cidr: string; readonly bridge: string; readonly up: boolean };
  readonly hosts: readonly LabHostStatus[];
}

export interface LabHostStatus {
  readonly host: LabHostName;
  readonly address: string;
  readonly from: Origin;
  /** `starting`: its processes run, but SSH does not answer. */
  readonly status: 'running' | 'starting' | 'stopped';
}

/** What runs: the named lab, or all of them. A lab without a readable record is not listed; `labDown` clears it away. */
export async function labStatus(options: { name?: string; store?: LabStore }): Promise<LabStatus[]> {
  const store = options.store ?? DEFAULT_STORE;
  const wanted = (await labNames(store)).filter((name) => options.name === undefined || name === options.name).sort();
  const found = await Promise.all(wanted.map((name) => statusOf(name, store)));
  return found.filter((status) => status !== undefined);
}

async function statusOf(name: string, store: LabStore): Promise<LabStatus | undefined> {
  const lab = labPlace(name, store);
  const record = await readRecord(lab);
  if (!record) return undefined;
  const subnet = labSubnet(record.subnet, record.sendingIps);
  const hosts = LAB_HOSTS.flatMap((host) => {
    const made = record.hosts[host];
    return made ? [{ host, from: made.from, address: subnet.hosts[host] }] : [];
  });
  const statuses = await Promise.all(
    hosts.map(async (entry): Promise<LabHostStatus> => {
      const running = await isRunning(hostPlace(lab, entry.host));
      const status = !running ? 'stopped' : (await sshGreets(entry.address)) ? 'running' : 'starting';
      return { ...entry, status };
    }),
  );
  return {
    name,
    folder: lab.folder,
    settingsFile: lab.settingsFile,
    network: { cidr: subnet.cidr, bridge: lab.bridge, up: networkIsUp(lab) },
    hosts: statuses,
  };
}
