import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../package-root.js';
import type { LabSubnet } from '../network.js';
import { nameServers as serversIn, resolvConf } from '../resolv-conf.js';
import { NAME_SERVERS, PARENT, RESOLVERS, worldAddresses } from './addresses.js';
import { authorityFiles } from './authority.js';
import {
  memoryFile,
  nameServiceFiles,
  parentFiles,
  stubFile,
  zoneFiles,
  zoneListFile,
  type Files,
} from './name-service.js';
import { AT_FIRST, dnsStateFile } from './dns-state.js';
import { exchangeOf, providersOf } from './providers.js';
import { parentZone, serialAt, zonesOf } from './zones.js';

/** The Debian packages of the world, and none that they merely recommend. */
export const WORLD_PACKAGES = [
  ...['knot', 'knot-dnsutils', 'unbound', 'pebble', 'nftables', 'openssl'],
  ...['python3', 'python3-aiosmtpd', 'python3-dkim', 'python3-dnspython', 'python3-spf'],
] as const;

/** The mailbox service's own folder, by its real path: systemd keeps it apart, and makes a link under /var/lib. */
const MAILBOXES = 'var/lib/private/mailboxes';
/** Where that service is spoken to, below the root of the host. With the longest name of a lab it fits into a socket's 107 bytes. */
export const CONTROL_SOCKET = `${MAILBOXES}/control.sock`;

/** Our units, and those of Debian's packages that would take their addresses. */
const UNITS = [
  ...[...NAME_SERVERS, PARENT].map((server) => `world-ns@${server}`),
  ...RESOLVERS.map((resolver) => `world-resolver@${resolver}`),
  'world-mailboxes',
  'world-licence',
  'world-acme',
];
const UNWANTED = ['knot', 'unbound', 'unbound-resolvconf'] as const;

/**
 * Makes a root file system the world's: its services, their configuration, and the zones as they are before anything is published.
 * Zones that are there stay, and so do messages.
 */
export async function writeWorld(root: string, subnet: LabSubnet, domain: string): Promise<void> {
  const assets = join(packageRoot(), 'assets/lab/world');
  await mkdir(join(root, 'etc/systemd/system/multi-user.target.wants'), { recursive: true });
  await cp(join(assets, 'units'), join(root, 'etc/systemd/system'), { recursive: true });
  await rm(join(root, 'usr/lib/lab-world'), { recursive: true, force: true });
  for (const folder of ['lab_world', 'test']) {
    await cp(join(assets, folder), join(root, 'usr/lib/lab-world', folder), { recursive: true });
  }
  for (const unit of UNITS) {
    await link(unit.replace(/@.*/, '@'), join(root, `etc/systemd/system/multi-user.target.wants/${unit}.service`));
  }
  for (const unit of UNWANTED) await place('/dev/null', join(root, `etc/systemd/system/${unit}.service`));

  const addresses = worldAddresses(subnet);
  await writeFiles(root, {
    ...nameServiceFiles(addresses, serversIn(await resolvConf())),
    ...memoryFile('second'),
    ...authorityFiles(addresses),
    'etc/world/mailboxes.json': mailboxes(subnet),
  });
  const serial = serialAt(Date.now());
  const zones = zonesOf(subnet, domain, '', serial);
  const names = zones.map(({ name }) => name);
  await writeFiles(root, parentFiles(parentZone(subnet, domain, names, serial)));
  if (existsSync(join(root, 'var/lib/world/stubs.conf'))) return;
  for (const server of NAME_SERVERS) {
    await writeFiles(root, { ...zoneFiles(server, zones), ...zoneListFile(server, names) });
  }
  await writeFiles(root, dnsStateFile({ ...AT_FIRST, zones: { ns1: names, ns2: names } }));
  await writeFiles(root, stubFile(names, addresses));
}

const link = (unit: string, at: string): Promise<void> => place(`../${unit}.service`, at);

async function place(target: string, at: string): Promise<void> {
  await rm(at, { force: true });
  await symlink(target, at);
}

/** What the mailbox service is told: who it is at which address, whom it asks, and where it is spoken to. */
function mailboxes(subnet: LabSubnet): string {
  const providers = providersOf(subnet).map((provider) => ({ ...provider, exchange: exchangeOf(provider) }));
  const document = {
    folder: `/${MAILBOXES}`,
    resolver: worldAddresses(subnet).resolvers.resolver1,
    control: `/${CONTROL_SOCKET}`,
    providers,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The texts of those files that there are. */
export async function readFiles(root: string, names: readonly string[]): Promise<Files> {
  const texts = await Promise.all(names.map((name) => readFile(join(root, name), 'utf8').catch(() => undefined)));
  return Object.fromEntries(names.flatMap((name, index) => (texts[index] === undefined ? [] : [[name, texts[index]]])));
}

/** Writes files that everybody on the host may read, each whole or not at all. */
export async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(root, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, text);
    await chmod(`${file}.part`, 0o644);
    await rename(`${file}.part`, file);
  }
}
