import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect as dial, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why a real sshd cannot be started here; nothing when it can. */
export function noSshd(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  return existsSync('/usr/sbin/sshd') ? undefined : 'needs /usr/sbin/sshd (openssh-server)';
}

export type KeyKind = 'ed25519' | 'rsa' | 'ecdsa';

/** OpenSSH's own server on 127.0.0.1, with host keys and a folder of its own. Root logs in with `keyFile`. */
export interface Sshd {
  readonly port: number;
  readonly folder: string;
  readonly keyFile: string;
  /** `type base64` of its public host key, as known_hosts has it. */
  hostKey(kind: KeyKind): Promise<string>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts sshd with these host keys and extra lines of configuration. */
export async function startSshd(
  kinds: readonly KeyKind[] = ['ed25519'],
  config: readonly string[] = [],
): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'ee-sshd-'));
  await chmod(folder, 0o755); // sshd reads authorized_keys as the user who logs in
  const port = await freePort();
  const hostKey = (kind: KeyKind) => join(folder, `host_${kind}`);
  for (const kind of kinds) makeKey(hostKey(kind), kind);
  const keyFile = join(folder, 'user_key');
  makeKey(keyFile, 'ed25519');
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${keyFile}.pub`));
  await mkdir('/run/sshd', { recursive: true }); // its privilege separation directory
  const lines = [
    ...config, // the first of two settings counts
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...kinds.map((kind) => `HostKey ${hostKey(kind)}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'PidFile none',
    // Bash reads ~/.bashrc for each command of sshd unless it takes itself for an inner shell: this machine's is no matter here.
    'SetEnv SHLVL=2',
  ];
  await writeFile(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
  await appendFile(join(folder, 'log'), '');
  const server = spawn('/usr/sbin/sshd', ['-D', '-f', join(folder, 'sshd_config'), '-E', join(folder, 'log')], {
    stdio: 'ignore',
  });
  await untilListening(server, port);
  return {
    port,
    folder,
    keyFile,
    hostKey: async (kind) => (await readFile(`${hostKey(kind)}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ').trim(),
    log: () => readFile(join(folder, 'log'), 'utf8'),
    stop: async () => {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      if (server.exitCode === null && server.kill()) await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a key pair; with a passphrase, an encrypted one. */
export function makeKey(file: string, kind: KeyKind, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', kind, '-N', passphrase, '-C', '', '-f', file]);
}

/** A port of this machine that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function untilListening(server: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`sshd ended with status ${server.exitCode}`);
    const answers = await new Promise<boolean>((resolve) => {
      const socket = dial(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (answers) return;
    await sleep(50);
  }
  throw new Error('sshd does not listen');
}
