// Debian packages that the lab tests use on this machine, beyond those of the lab itself.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a test runs, and the package that brings it. */
const NEEDED = [
  { program: 'sshd', package: 'openssh-server' },
  { program: 'sudo', package: 'sudo' },
  { program: 'openssl', package: 'openssl' },
  { program: '/usr/bin/python3', package: 'python3' },
  { program: '/usr/lib/python3/dist-packages/dkim', package: 'python3-dkim' },
  { program: '/usr/lib/python3/dist-packages/dns', package: 'python3-dnspython' },
  { program: 'rpmbuild', package: 'rpm' },
  { program: 'redis-check-rdb', package: 'redis-tools' },
  { program: '/usr/lib/postgresql', package: 'postgresql' },
  { program: 'chromium-headless-shell', package: 'chromium-headless-shell' },
  { program: '/usr/share/fonts/truetype/dejavu', package: 'fonts-dejavu-core' },
];

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const isThere = (program) =>
  program.startsWith('/') ? existsSync(program) : FOLDERS.some((folder) => existsSync(join(folder, program)));

/** Installs what is missing, without letting a package start its daemon here. Needs root on Debian. */
export function installTestPackages() {
  const missing = NEEDED.filter(({ program }) => !isThere(program)).map((needed) => needed.package);
  if (missing.length === 0) return;
  console.log(`Installing ${missing.join(' ')}`);
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const apt = (...args) =>
      spawnSync('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        stdio: ['ignore', 'ignore', 'inherit'],
      }).status;
    apt('update');
    if (apt('--no-install-recommends', 'install', ...missing) !== 0)
      throw new Error(`apt-get install ${missing.join(' ')} failed`);
  } finally {
    if (ours) rmSync(policy);
  }
}
