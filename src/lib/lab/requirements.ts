import { existsSync } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { step, type Emit } from './events.js';
import { run } from './process.js';

/** What the lab runs on this machine, and the Debian package that brings it. */
const NEEDED = [
  { path: 'systemd-nspawn', package: 'systemd-container' },
  { path: 'mmdebstrap', package: 'mmdebstrap' },
  { path: 'nft', package: 'nftables' },
  { path: 'ip', package: 'iproute2' },
  { path: 'ssh', package: 'openssh-client' },
  { path: 'ssh-keygen', package: 'openssh-client' },
  { path: 'dpkg-deb', package: 'dpkg' },
  { path: '/usr/share/keyrings/debian-archive-keyring.gpg', package: 'debian-archive-keyring' },
] as const;

const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** What this machine lacks for the lab. Nothing lacks when both lists are empty. */
export interface Lacking {
  /** What no package mends: another operating system, no root. */
  readonly obstacles: readonly string[];
  /** Debian packages to install, without repetition. */
  readonly packages: readonly string[];
}

export async function lacking(): Promise<Lacking> {
  if (process.platform !== 'linux') return { obstacles: [`it runs ${process.platform}, not Linux`], packages: [] };
  const missing: string[] = [];
  for (const need of NEEDED) if (!(await isThere(need.path))) missing.push(need.package);
  const obstacles: string[] = [];
  if (process.getuid?.() !== 0) obstacles.push('you are not root');
  if (!(await overlayIsKnown())) obstacles.push('its kernel has no overlay file system');
  return { obstacles, packages: [...new Set(missing)] };
}

/** Installs what is missing when run as root on Debian; anything that stands in the way otherwise is LAB_UNSUPPORTED. */
export async function installRequirements(emit: Emit): Promise<void> {
  const { obstacles, packages } = await lacking();
  const apt = await isThere('apt-get');
  if (obstacles.length > 0 || (packages.length > 0 && !apt)) throw unsupported({ obstacles, packages });
  if (packages.length === 0) return;
  await step(emit, { step: `installing ${packages.join(' ')} on this machine` }, async () => {
    // Another apt may be at work; five minutes are longer than most installations.
    const patience = ['-o', 'DPkg::Lock::Timeout=300'];
    await run('apt-get', [...patience, '-q', 'update'], { step: 'apt-get update' });
    const install = [...patience, '-q', '-y', '--no-install-recommends', 'install', ...packages];
    await run('apt-get', install, { step: `apt-get install ${packages.join(' ')}` });
  });
  const left = await lacking();
  if (left.packages.length > 0) throw unsupported(left);
}

/** Refuses where no lab can be, such as without root; installs nothing and asks for no package. */
export async function assertLabPossible(): Promise<void> {
  const { obstacles } = await lacking();
  if (obstacles.length > 0) throw unsupported({ obstacles, packages: [] });
}

/** One line that says what is lacking, for a report of skipped tests; nothing when the lab can run. */
export function describeLacking({ obstacles, packages }: Lacking): string | undefined {
  const parts = [...obstacles, ...(packages.length > 0 ? [`it lacks ${packages.join(', ')}`] : [])];
  return parts.length > 0 ? parts.join('; ') : undefined;
}

function unsupported(found: Lacking): EeError {
  return new EeError('LAB_UNSUPPORTED', { reason: describeLacking(found) ?? '', packages: found.packages });
}

async function isThere(path: string): Promise<boolean> {
  if (path.startsWith('/')) return existsSync(path);
  for (const folder of FOLDERS) {
    const executable = await access(join(folder, path), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return true;
  }
  return false;
}

/** The kernel lists a file system that it has built in or loaded; a module that it can load is found below its release. */
async function overlayIsKnown(): Promise<boolean> {
  const known = await readFile('/proc/filesystems', 'utf8').catch(() => '');
  if (/\boverlay$/m.test(known)) return true;
  const release = (await readFile('/proc/sys/kernel/osrelease', 'utf8').catch(() => '')).trim();
  const modules = await readFile(`/lib/modules/${release}/modules.dep`, 'utf8').catch(() => '');
  return modules.includes('/overlay.ko');
}
