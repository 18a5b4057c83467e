import { mkdir, readFile, readdir, rename, rmdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withLock } from './lock.js';
import { labPlace, type LabHostName, type LabPlace, type LabStore } from './names.js';
import { addressesAndRoutes, freeSubnet, restoreForwarding } from './network.js';

/** What a host starts from: a lean VPS image, or one with the packages of its role installed. */
export const ORIGINS = ['bare', 'packages'] as const;
export type Origin = (typeof ORIGINS)[number];

/** What a host was made of. Kept, since an upper layer fits only over the layers that it was made on. */
export interface HostRecord {
  readonly from: Origin;
  /** Read-only layers, the topmost first. */
  readonly layers: readonly string[];
}

/**
 * What cannot be seen by looking at the machine: the addresses reserved for a lab, and the layers of its hosts. Whether a host
 * runs, a layer is mounted or the bridge is up is never read from here, but always looked up.
 */
export interface LabRecord {
  readonly subnet: number;
  readonly sendingIps: number;
  readonly hosts: Readonly<Partial<Record<LabHostName, HostRecord>>>;
}

/** The record of a lab, or nothing when there is none or an interrupted run left it unreadable. */
export async function readRecord(lab: LabPlace): Promise<LabRecord | undefined> {
  const text = await readFile(lab.stateFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as Partial<LabRecord>;
    return Number.isInteger(record.subnet) && Number.isInteger(record.sendingIps) && record.hosts
      ? (record as LabRecord)
      : undefined;
  } catch {
    return undefined;
  }
}

export async function writeRecord(lab: LabPlace, record: LabRecord): Promise<void> {
  await mkdir(dirname(lab.stateFile), { recursive: true, mode: 0o700 });
  await writeFile(`${lab.stateFile}.part`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${lab.stateFile}.part`, lab.stateFile);
}

/** Names of all labs that have a folder. */
export async function labNames(store: LabStore): Promise<string[]> {
  const entries = await readdir(store.labs, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

const DEFAULT_SENDING_IPS = 5;

/** The lab's record with a subnet of its own, chosen while no other lab chooses. What was reserved before stays. */
export function reserveSubnet(lab: LabPlace, sendingIps: number | undefined): Promise<LabRecord> {
  return whileNoOtherChooses(lab.store, async () => {
    const present = await readRecord(lab);
    const record: LabRecord = {
      subnet: present?.subnet ?? freeSubnet(await reservedByOthers(lab), await addressesAndRoutes()),
      sendingIps: sendingIps ?? present?.sendingIps ?? DEFAULT_SENDING_IPS,
      hosts: present?.hosts ?? {},
    };
    await writeRecord(lab, record);
    return record;
  });
}

/** Puts this machine back to what it was before the first lab, once the last one is gone. */
export function releaseMachine(store: LabStore): Promise<void> {
  return whileNoOtherChooses(store, async () => {
    if ((await labNames(store)).length > 0) return;
    await restoreForwarding(store);
    await rmdir(store.labs).catch(() => undefined);
  });
}

/** A lab that comes up has its folder before it chooses a subnet, so under this lock no lab appears or is overlooked. */
const whileNoOtherChooses = <T>(store: LabStore, work: () => Promise<T>): Promise<T> =>
  withLock(`${store.labs} subnets`, work);

/** Subnets that other labs have reserved, whether they are up or not. */
async function reservedByOthers(lab: LabPlace): Promise<number[]> {
  const others = (await labNames(lab.store)).filter((name) => name !== lab.name);
  const records = await Promise.all(others.map((name) => readRecord(labPlace(name, lab.store))));
  return records.flatMap((record) => (record ? [record.subnet] : []));
}
