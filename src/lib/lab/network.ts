import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { firewall } from './firewall.js';
import type { LabHostName, LabPlace, LabStore } from './names.js';
import { run } from './process.js';

/** Last number of each host's own address in its lab's /24, whose gateway is .1. */
const HOST_NUMBERS = { vps1: 11, vps2: 12, vps3: 13, world: 2 } as const satisfies Record<LabHostName, number>;
const FIRST_SENDING_NUMBER = 101;
export const MOST_SENDING_IPS = 100;

/** The addresses of one lab: 10.77.SUBNET.0/24. */
export interface LabSubnet {
  readonly cidr: string;
  readonly gateway: string;
  readonly hosts: Readonly<Record<LabHostName, string>>;
  /** First and last sending IP. They are put on VPS2 by the deployment, not by the lab. */
  readonly sending: { readonly first: string; readonly last: string };
}

export function labSubnet(subnet: number, sendingIps: number): LabSubnet {
  const address = (number: number): string => `10.77.${subnet}.${number}`;
  return {
    cidr: `${address(0)}/24`,
    gateway: address(1),
    hosts: {
      vps1: address(HOST_NUMBERS.vps1),
      vps2: address(HOST_NUMBERS.vps2),
      vps3: address(HOST_NUMBERS.vps3),
      world: address(HOST_NUMBERS.world),
    },
    sending: { first: address(FIRST_SENDING_NUMBER), last: address(FIRST_SENDING_NUMBER + sendingIps - 1) },
  };
}

/** The address with this last number in a lab's network. */
export const addressIn = (subnet: LabSubnet, number: number): string => subnet.gateway.replace(/\d+$/, String(number));

/**
 * The lowest free subnet number. Taken are those that other labs reserved and those with which any address or route of
 * this machine (`ip` in its plain form) has to do.
 */
export function freeSubnet(reserved: readonly number[], addressesAndRoutes: string): number {
  const taken = new Set(reserved);
  for (const [, number] of addressesAndRoutes.matchAll(/\b10\.77\.(\d{1,3})\./g)) taken.add(Number(number));
  for (let subnet = 0; subnet < 256; subnet += 1) if (!taken.has(subnet)) return subnet;
  throw new EeError('LAB_NO_SUBNET', { range: '10.77.0.0/16' });
}

/** All addresses and routes of this machine, in the plain form of `ip`. */
export async function addressesAndRoutes(): Promise<string> {
  const step = 'reading the addresses of this machine';
  return (await Promise.all([run('ip', ['-4', '-o', 'addr'], { step }), run('ip', ['-4', 'route'], { step })])).join(
    '\n',
  );
}

/** Makes the lab's bridge and its way out. What is there already is left or replaced: it can be run again at any time. */
export async function raiseNetwork(lab: LabPlace, subnet: LabSubnet): Promise<void> {
  const step = `making the bridge ${lab.bridge}`;
  const ip = (...args: string[]): Promise<string> => run('ip', args, { step });
  // Before the bridge is there: at no moment can a host send mail to the outside.
  const out = defaultInterface(await run('ip', ['-4', 'route', 'show', 'default'], { step }));
  await run('nft', ['-f', '-'], { step: 'making the firewall table', input: firewall(lab, subnet, out) });
  if (!existsSync(bridgeFolder(lab))) await ip('link', 'add', lab.bridge, 'type', 'bridge');
  await ip('addr', 'replace', `${subnet.gateway}/24`, 'dev', lab.bridge);
  await ip('link', 'set', lab.bridge, 'up');
  await allowForwarding(lab.store);
}

/** The interface of the default route, from `ip route show default`; nothing on a machine without one. */
export function defaultInterface(routes: string): string | undefined {
  return /^default\b.*?\bdev (\S+)/m.exec(routes)?.[1];
}

/** Takes away the bridge, what still hangs on it, and the nft table. */
export async function removeNetwork(lab: LabPlace): Promise<void> {
  const step = `removing the network of the lab ${lab.name}`;
  const links = await readdir(join(bridgeFolder(lab), 'brif')).catch(() => []);
  for (const link of links) await removeLink(link);
  await removeLink(lab.bridge);
  const tables = await run('nft', ['list', 'tables', 'ip'], { step });
  if (tables.split('\n').includes(`table ip ${lab.nftTable}`)) {
    await run('nft', ['delete', 'table', 'ip', lab.nftTable], { step });
  }
}

/** Deletes an interface. One that went meanwhile, as the veth of a machine that just died does, is no error. */
export async function removeLink(link: string): Promise<void> {
  const there = (): boolean => existsSync(`/sys/class/net/${link}`);
  if (!there()) return;
  await run('ip', ['link', 'delete', link], { step: `removing the interface ${link}` }).catch((error: unknown) => {
    if (there()) throw error;
  });
}

export function networkIsUp(lab: LabPlace): boolean {
  return existsSync(bridgeFolder(lab));
}

const bridgeFolder = (lab: LabPlace): string => `/sys/class/net/${lab.bridge}`;

const FORWARDING = '/proc/sys/net/ipv4/ip_forward';
const previousForwarding = (store: LabStore): string => join(store.labs, '.ip_forward');

/** Switches forwarding on and remembers what it was before the first lab. */
async function allowForwarding(store: LabStore): Promise<void> {
  const value = await readFile(FORWARDING, 'utf8');
  if (value.trim() === '1') return;
  await mkdir(store.labs, { recursive: true });
  await writeFile(previousForwarding(store), value);
  await writeFile(FORWARDING, '1');
}

/** Puts forwarding back to what it was before the first lab. To be called when the last one is gone. */
export async function restoreForwarding(store: LabStore): Promise<void> {
  const value = await readFile(previousForwarding(store), 'utf8').catch(() => undefined);
  if (value === undefined) return;
  await writeFile(FORWARDING, value);
  await rm(previousForwarding(store), { force: true });
}
