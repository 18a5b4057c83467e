import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { killAndRemove } from './cgroup.js';
import { nspawn } from './machine.js';
import { digest, type LabStore, type Suite } from './names.js';
import { mountOverlay, unmountBelow } from './overlay.js';
import { emptyArchives, fillFromPool, takeIntoPool } from './package-pool.js';
import { run } from './process.js';
import { resolvConf } from './resolv-conf.js';

/** What every VPS image has: an init, a bus, an SSH server, `ip`, certificates. As lean as the leanest, so roles must bring their own. */
export const BASE_PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'iproute2',
  'ca-certificates',
] as const;

/** Builds the root file system of a release into FOLDER/layer. */
export async function buildBase(suite: Suite, folder: string): Promise<void> {
  const root = join(folder, 'layer');
  await run(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=minbase',
      '--aptopt=Acquire::Languages "none"',
      '--dpkgopt=force-unsafe-io',
      `--include=${BASE_PACKAGES.join(',')}`,
      '--customize-hook=systemctl --root="$1" enable systemd-networkd ssh',
      // Each host makes its own: two machines with one host key or one machine-id would be one machine to the world.
      '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*',
      suite,
      root,
    ],
    { step: `building the root file system of Debian ${suite}` },
  );
}

/** Forbids that a package's service starts while the layer is made; to be removed when it is. */
const POLICY = 'usr/sbin/policy-rc.d';

/** Installs packages over a base; what they add to it ends up in FOLDER/layer. */
export async function buildPackages(
  store: LabStore,
  suite: Suite,
  base: string,
  packages: readonly string[],
  folder: string,
): Promise<void> {
  const layer = join(folder, 'layer');
  const root = join(folder, 'root');
  await fillFromPool(store, suite, layer);
  await mountOverlay({ lower: [base], upper: layer, work: join(folder, 'work'), root });
  await rm(join(root, 'etc/resolv.conf'), { force: true });
  await writeFile(join(root, 'etc/resolv.conf'), await resolvConf());
  await writeFile(join(root, POLICY), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await installInside(root, buildMachine(folder), packages);
  await rm(join(root, POLICY));
  await unmountBelow(root);
  await takeIntoPool(store, suite, layer);
  await emptyArchives(layer);
}

async function installInside(root: string, machine: string, packages: readonly string[]): Promise<void> {
  const script = 'apt-get -q update && exec apt-get -q -y --no-install-recommends install "$@"';
  const { command, args, env } = nspawn(root, machine, [
    '--pipe',
    '--setenv=DEBIAN_FRONTEND=noninteractive',
    '/bin/sh',
    '-c',
    script,
    'sh',
    ...packages,
  ]);
  try {
    await run(command, args, { step: `installing packages into a layer (${packages.join(' ')})`, env });
  } finally {
    await killAndRemove(machine, 10);
  }
}

/** Name of the machine in which a folder's layer is built. */
export const buildMachine = (building: string): string => `build-${digest(basename(building), 6)}`;
