import { join } from 'node:path';
import { EeError } from '../../errors.js';
import { hostPlace, type LabPlace } from '../names.js';
import { labSubnet, type LabSubnet } from '../network.js';
import { isMounted } from '../overlay.js';
import { readRecord, type LabRecord } from '../state.js';
import { worldAddresses, type WorldAddresses } from './addresses.js';
import type { WorldControl } from './control.js';
import { CONTROL_SOCKET } from './world-files.js';

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
