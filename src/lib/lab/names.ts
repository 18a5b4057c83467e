import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { HOST_NAMES } from '../settings/settings.js';

/** The lab that commands mean without --name. */
export const DEFAULT_LAB = 'lab';

/** Every host that a lab can have: the three VPS, and the world that they send mail to. */
export const LAB_HOSTS = [...HOST_NAMES, 'world'] as const;
export type LabHostName = (typeof LAB_HOSTS)[number];

/** Debian release of each host: MailWizz 2.2 wants PHP 8.2 and PowerMTA 5 was built for Debian 12; VPS3 wants Node 20. */
export const SUITES = {
  vps1: 'bookworm',
  vps2: 'bookworm',
  vps3: 'trixie',
  world: 'bookworm',
} as const satisfies Record<LabHostName, string>;
export type Suite = (typeof SUITES)[LabHostName];

/** Where labs and their cache stand on this machine. */
export interface LabStore {
  /** Folder with one folder a lab. */
  readonly labs: string;
  /** Folder of root file systems, package layers and downloaded packages. */
  readonly cache: string;
}

export const DEFAULT_STORE: LabStore = { labs: '/var/lib/ee-lab', cache: '/var/cache/ee-lab' };

/** One lab's place on this machine: all that is named after it. */
export interface LabPlace {
  readonly name: string;
  readonly store: LabStore;
  readonly folder: string;
  readonly stateFile: string;
  readonly settingsFile: string;
  readonly keyFile: string;
  readonly knownHosts: string;
  /** Network interface name of the bridge; Linux allows 15 characters. */
  readonly bridge: string;
  readonly nftTable: string;
}

/** The place of a lab. A name is a lower-case label, for it becomes part of folder, interface and machine names. */
export function labPlace(name: string, store: LabStore = DEFAULT_STORE): LabPlace {
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) {
    throw new EeError('USAGE', {
      message: `"${name}" cannot name a lab.`,
      hint: 'Use 1 to 32 lower-case letters, digits and inner hyphens, such as `--name lab`.',
    });
  }
  const folder = join(store.labs, name);
  return {
    name,
    store,
    folder,
    stateFile: join(folder, 'lab.json'),
    settingsFile: join(folder, '.env.production'),
    keyFile: join(folder, 'id_ed25519'),
    knownHosts: join(folder, 'known_hosts'),
    bridge: `br-${shortName(name)}`,
    // nft takes no hyphen; a name has no underscore of its own, so no two labs share a table.
    nftTable: `ee_lab_${name.replaceAll('-', '_')}`,
  };
}

/** One host's place: its machine name and its folders. */
export interface HostPlace {
  readonly host: LabHostName;
  readonly suite: Suite;
  /** Name of the nspawn machine. `vb-MACHINE` is its interface on the bridge, so 12 characters are the limit. */
  readonly machine: string;
  /** Name of the interface on this machine that leads to the host, where faults are put on its line. */
  readonly link: string;
  readonly folder: string;
  readonly upper: string;
  readonly work: string;
  /** Where the layers are mounted, one over the other: the host's root file system. */
  readonly root: string;
  readonly console: string;
}

export function hostPlace(lab: LabPlace, host: LabHostName): HostPlace {
  const folder = join(lab.folder, 'hosts', host);
  const machine = `${shortName(lab.name)}-${host === 'world' ? 'wrld' : host}`;
  return {
    host,
    suite: SUITES[host],
    machine,
    link: `vb-${machine}`,
    folder,
    upper: join(folder, 'upper'),
    work: join(folder, 'work'),
    root: join(folder, 'root'),
    console: join(folder, 'console.log'),
  };
}

/** At most 7 characters: the name itself, or its beginning and a digest that tells long names apart. */
function shortName(name: string): string {
  return name.length <= 7 ? name : `${name.slice(0, 3).replace(/-$/, 'x')}${digest(name, 4)}`;
}

/** The first hex digits of a SHA-256: enough to tell names and recipes apart. */
export function digest(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
