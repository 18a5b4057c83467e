import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHostName } from './names.js';
import { run } from './process.js';

/** Where a host stands in its lab. */
export interface HostIdentity {
  readonly host: LabHostName;
  /** Domain that its full name ends in. */
  readonly domain: string;
  /** Its own address first. */
  readonly addresses: readonly string[];
  readonly gateway: string;
  /** Text of /etc/resolv.conf. */
  readonly resolvConf: string;
  /** Public key line of the lab's key, which may log in as root. */
  readonly authorizedKey: string;
}

/**
 * Makes a root file system this one host's, as the provider of a VPS does: name, address, machine-id, SSH host key and the
 * operator's key. A host key and a machine-id that are there stay.
 */
export async function writeIdentity(root: string, identity: HostIdentity): Promise<void> {
  const { host, domain, addresses, gateway, authorizedKey } = identity;
  const files: Record<string, string> = {
    'etc/hostname': `${host}\n`,
    'etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${host}.${domain} ${host}\n::1 localhost ip6-localhost ip6-loopback\n`,
    // Handed out once: whoever rehearses on the host may have another program manage its interface.
    ...(existsSync(join(root, `${HOST_KEY}.pub`))
      ? {}
      : { 'etc/systemd/network/10-host0.network': networkUnit(addresses, gateway) }),
  };
  for (const [name, text] of Object.entries(files)) await writeOpenly(join(root, name), text);
  await writeResolvConf(root, identity.resolvConf);
  await writeMachineId(root);
  await authorize(root, authorizedKey);
  await makeHostKey(root, host);
}

/** Tells a host whom to ask for names. A file that says so already is left alone. */
export async function writeResolvConf(root: string, text: string): Promise<void> {
  const file = join(root, 'etc/resolv.conf');
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return;
  // On some images it is a link to what a service of the host writes.
  await rm(file, { force: true });
  await writeOpenly(file, text);
}

/** The systemd-networkd unit of a host's only interface. */
export function networkUnit(addresses: readonly string[], gateway: string): string {
  const own = addresses.map((address) => `Address=${address}/24\n`).join('');
  return `[Match]\nName=host0\n\n[Network]\n${own}Gateway=${gateway}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n`;
}

const HOST_KEY = 'etc/ssh/ssh_host_ed25519_key';

/**
 * The host's public SSH key (`ssh-ed25519 AAAA…`), read from its upper layer and never from the network. Nothing for a host that
 * was never started.
 */
export async function hostPublicKey(upper: string): Promise<string | undefined> {
  const line = await readFile(join(upper, `${HOST_KEY}.pub`), 'utf8').catch(() => undefined);
  return line?.split(' ').slice(0, 2).join(' ').trim();
}

async function makeHostKey(root: string, host: LabHostName): Promise<void> {
  const file = join(root, HOST_KEY);
  // The public half is written last: with it there, both are whole.
  if (existsSync(`${file}.pub`)) return;
  await rm(file, { force: true });
  await makeKey(file, `root@${host}`);
}

/** Makes an Ed25519 key pair without a passphrase, `FILE` and `FILE.pub`. */
export async function makeKey(file: string, comment: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file], {
    step: `making the key ${file}`,
  });
}

async function writeMachineId(root: string): Promise<void> {
  const file = join(root, 'etc/machine-id');
  const present = await readFile(file, 'utf8').catch(() => '');
  if (!/^[0-9a-f]{32}\n$/.test(present)) await writeOpenly(file, `${randomBytes(16).toString('hex')}\n`);
}

async function authorize(root: string, authorizedKey: string): Promise<void> {
  const folder = join(root, 'root/.ssh');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const file = join(folder, 'authorized_keys');
  const present = await readFile(file, 'utf8').catch(() => '');
  if (present.split('\n').includes(authorizedKey)) return;
  await writeFile(file, `${present}${authorizedKey}\n`, { mode: 0o600 });
}

/** Writes a file that everybody on the host may read, whatever this process's umask. */
async function writeOpenly(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o644);
}
