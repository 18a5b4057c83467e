import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EeError, EXIT } from '../../src/lib/errors.js';
import { connect } from '../../src/lib/ssh/connect.js';
import type { ConnectOptions, NewHostKey } from '../../src/lib/ssh/connect-options.js';
import type { Host, Upload } from '../../src/lib/ssh/host.js';
import { STAGING } from '../../src/lib/ssh/upload-scripts.js';
import type { HostAccess } from '../../src/lib/settings/settings.js';
import { freePort, type KeyKind, makeKey, noSshd, startSshd, type Sshd } from '../support/sshd.js';

const reason = noSshd();
if (reason && process.env.EE_REQUIRE_LAB === '1') throw new Error(`EE_REQUIRE_LAB=1, but this ${reason}`);

/** The failure of a promise, which must be one that operators can meet. */
async function failure(promise: Promise<unknown>): Promise<EeError> {
  const error = await promise.then(
    (value) => new Error(`no failure, but ${String(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof EeError) return error;
  throw error;
}

/** The argument lists of processes on this machine that hold a text, words separated by a space. */
function processes(text: string | RegExp): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      } catch {
        return ''; // it ended meanwhile
      }
    })
    .filter((line) => (typeof text === 'string' ? line.includes(text) : text.test(line)));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error('it did not come about in 10 s');
}

/** All that a stream says until it ends. */
async function heard(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe.skipIf(reason)(`SSH against a real sshd${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let sshd: Sshd;
  let folder: string;
  let knownHosts: string;

  const access = (server: Sshd = sshd, more: Partial<HostAccess> = {}): HostAccess => ({
    name: 'vps1',
    address: '127.0.0.1',
    user: 'root',
    port: server.port,
    keyFile: sshd.keyFile,
    knownHosts,
    ...more,
  });
  const nameOf = (server: Sshd) => `[127.0.0.1]:${server.port}`;
  const trust = async (server: Sshd = sshd, kind: KeyKind = 'ed25519') =>
    appendFile(knownHosts, `${nameOf(server)} ${await server.hostKey(kind)}\n`);
  const open: Host[] = [];
  const login = async (of: HostAccess = access(), options: ConnectOptions = {}): Promise<Host> => {
    // What an interruption leaves behind is looked for here, however busy this machine is.
    const host = await connect(of, { bounds: { interrupted: 20_000 }, ...options });
    open.push(host);
    return host;
  };

  beforeAll(async () => {
    sshd = await startSshd(['ed25519', 'rsa', 'ecdsa']);
  });
  afterAll(async () => {
    await rm(STAGING, { recursive: true, force: true });
    await sshd.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp('/tmp/ee-ssh-test-');
    knownHosts = join(folder, 'known_hosts');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((host) => host.close()));
    await rm(folder, { recursive: true, force: true });
  });

  describe('host keys', () => {
    it('[R27] refuses an unknown host and records nothing', async () => {
      const error = await failure(connect(access()));
      expect(error.code).toBe('SSH_HOST_KEY_UNKNOWN');
      expect(error.exit).toBe(EXIT.unreachable);
      expect(error.hint).toContain('--accept-new-host-key');
      expect(existsSync(knownHosts)).toBe(false);
    });

    it('[R27] records the key of a new host when told to, and knows the host from then on', async () => {
      await login(access(), { acceptNewHostKey: true });
      expect(await readFile(knownHosts, 'utf8')).toBe(`${nameOf(sshd)} ${await sshd.hostKey('ed25519')}\n`);
      await login();
    });

    it('[R27] asks about a new host with its fingerprint, and goes by the answer', async () => {
      const asked: NewHostKey[] = [];
      const answer = (yes: boolean): ConnectOptions => ({
        askNewHostKey: async (key) => {
          asked.push(key);
          return yes;
        },
      });
      expect((await failure(connect(access(), answer(false)))).code).toBe('SSH_HOST_KEY_UNKNOWN');
      const host = await login(access(), answer(true));
      await (await host.reconnect()).close();
      const shown = execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'host_ed25519.pub')], { encoding: 'utf8' });
      expect(asked.map((key) => key.fingerprint)).toEqual(Array(2).fill(`ED25519 ${shown.split(' ')[1]}`));
      expect(asked[0]?.address).toBe(nameOf(sshd));
    });

    it('[R27] knows a host by a hashed name', async () => {
      await trust();
      execFileSync('ssh-keygen', ['-q', '-H', '-f', knownHosts], { stdio: 'ignore' });
      expect(await readFile(knownHosts, 'utf8')).not.toContain('127.0.0.1');
      await login();
    });

    it.each(['rsa', 'ecdsa', 'ed25519'] as const)(
      '[R27] has a host show its %s key when only that one is known',
      async (kind) => {
        await trust(sshd, kind);
        await login();
      },
    );

    it('[R27] stops at a changed key, even when new ones are accepted, and sends nothing', async () => {
      const other = await startSshd(['rsa']);
      await appendFile(knownHosts, `${nameOf(sshd)} ${await other.hostKey('rsa')}\n`);
      const before = await readFile(knownHosts, 'utf8');
      const error = await failure(connect(access(), { acceptNewHostKey: true, askNewHostKey: async () => true }));
      await other.stop();
      expect(error.code).toBe('SSH_HOST_KEY_CHANGED');
      expect(error.exit).toBe(4);
      expect(error.hint).toContain(`ssh-keygen -R '${nameOf(sshd)}'`);
      expect(await readFile(knownHosts, 'utf8')).toBe(before);
    });

    it('[R27] stops at a revoked key', async () => {
      await appendFile(knownHosts, `@revoked * ${await sshd.hostKey('ed25519')}\n`);
      const error = await failure(connect(access(), { acceptNewHostKey: true }));
      expect(error.code).toBe('SSH_HOST_KEY_REVOKED');
      expect(error.exit).toBe(4);
    });
  });

  describe('logging in', () => {
    beforeEach(() => trust());

    it('says what was tried when the host refuses the key', async () => {
      const keyFile = join(folder, 'stranger');
      makeKey(keyFile, 'ed25519');
      const error = await failure(connect(access(sshd, { keyFile })));
      expect(error.code).toBe('SSH_AUTHENTICATION');
      expect(error.exit).toBe(4);
      expect(error.message).toContain(`tried the key ${keyFile}`);
    });

    it('says that a key is missing, encrypted, or no key', async () => {
      const keyFile = join(folder, 'locked');
      makeKey(keyFile, 'ed25519', 'a passphrase');
      const encrypted = await failure(connect(access(sshd, { keyFile })));
      expect(encrypted.message).toBe(`The SSH key ${keyFile} cannot be used: it is encrypted and no agent runs.`);
      expect(encrypted.hint).toContain(`ssh-add ${keyFile}`);
      expect((await failure(connect(access(sshd, { keyFile: join(folder, 'none') })))).code).toBe('SSH_KEY');
      expect((await failure(connect(access(sshd, { keyFile: `${sshd.keyFile}.pub` })))).message).toContain(
        'public key',
      );
    });

    it('uses an encrypted key through the agent, and the agent alone', async () => {
      const agentSocket = join(folder, 'agent.sock');
      const agent = execFileSync('ssh-agent', ['-a', agentSocket], { encoding: 'utf8' });
      const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent)?.[1]);
      try {
        const keyFile = join(folder, 'locked');
        const env = { ...process.env, SSH_AUTH_SOCK: agentSocket };
        execFileSync('cp', [sshd.keyFile, keyFile]);
        execFileSync('cp', [`${sshd.keyFile}.pub`, `${keyFile}.pub`]);
        execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'a passphrase', '-f', keyFile], { stdio: 'ignore' });
        const notLoaded = await failure(connect(access(sshd, { keyFile }), { agentSocket }));
        expect(notLoaded.message).toContain('it is encrypted and the agent does not hold it');
        execFileSync('ssh-add', ['-q', sshd.keyFile], { env });
        await login(access(sshd, { keyFile }), { agentSocket });
        const { keyFile: _unused, ...withoutKey } = access();
        await login(withoutKey, { agentSocket });
      } finally {
        process.kill(pid);
      }
    });

    it('says that nothing listens', async () => {
      const gone = await startSshd();
      await gone.stop();
      const error = await failure(connect(access(gone)));
      expect(error.code).toBe('SSH_UNREACHABLE');
      expect(error.exit).toBe(4);
      expect(error.message).toContain('nothing listens on that port');
    });

    it('can be interrupted', async () => {
      const interrupt = new AbortController();
      const connecting = failure(connect(access(), { signal: interrupt.signal }));
      interrupt.abort();
      expect((await connecting).code).toBe('INTERRUPTED');
    });
  });

  describe('running scripts', () => {
    let host: Host;
    beforeEach(async () => {
      await trust();
      host = await login();
    });

    it('[R26] keeps the rest of a script from commands that read their standard input', async () => {
      const { stdout } = await host.run('cat\nread -r line || echo empty\necho rest');
      expect(stdout.toString()).toBe('empty\nrest\n');
    });

    it('[R18] gives the status of a script, and 128 + n when a signal ended it', async () => {
      expect((await host.run('exit 7')).code).toBe(7);
      expect((await host.run('set -e; false; echo not reached')).code).toBe(1);
      expect((await host.run('kill -TERM $$')).code).toBe(143);
      expect((await host.run('kill -KILL $$')).code).toBe(137);
      expect((await host.run('if')).code).toBe(2);
    });

    it('does not take words on standard error for a failure', async () => {
      const { code, stdout, stderr } = await host.run('echo warning >&2; echo fine');
      expect([code, stdout.toString(), stderr.toString()]).toEqual([0, 'fine\n', 'warning\n']);
    });

    it('[R37] allocates no terminal', async () => {
      const { stdout } = await host.run(
        'for fd in 0 1 2; do [ -t $fd ] && echo terminal; done; tty; (: </dev/tty) 2>/dev/null || echo none',
      );
      expect(stdout.toString()).toBe('not a tty\nnone\n');
    });

    it('shows nothing of a script in the process list', async () => {
      const secret = `secret-${randomBytes(8).toString('hex')}`;
      const ready = join(folder, 'ready');
      const running = host.run(`SECRET='${secret}'; echo "$SECRET" > ${ready}; sleep 1; echo "$SECRET"`);
      await until(() => existsSync(ready));
      expect(processes(/^sh -s ee-[0-9a-f]{16}$/).length).toBeGreaterThan(0);
      expect(processes(secret)).toEqual([]);
      expect((await running).stdout.toString()).toBe(`${secret}\n`);
    });

    it('gives binary output byte for byte', async () => {
      const content = randomBytes(3_000_000);
      await writeFile(join(folder, 'binary'), content);
      const { stdout, stderr } = await host.run(`cat ${folder}/binary; head -c 1000 ${folder}/binary >&2`);
      expect(stdout.equals(content)).toBe(true);
      expect(stderr.equals(content.subarray(0, 1000))).toBe(true);
    });

    it('gives lines of both streams as they come', async () => {
      const lines: string[] = [];
      await host.run(`printf 'd\\303'; sleep 0.2; printf '\\251but\\nfin'; echo progress >&2`, {
        onLine: (line) => lines.push(line),
      });
      expect(lines.sort()).toEqual(['début', 'fin', 'progress']);
    });

    it('runs twelve scripts at once on one connection', async () => {
      const results = await Promise.all(Array.from({ length: 12 }, (_, index) => host.run(`sleep 0.2; echo ${index}`)));
      expect(results.map(({ stdout }) => Number(stdout))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    });

    it('stops a silent script with all that it started, and names the step', async () => {
      const script = 'trap "" TERM; sleep 86399 & (setsid sleep 86399) & sleep 86399; sleep 86399';
      const error = await failure(host.run(script, { step: 'installing packages', idleTimeout: 600 }));
      expect(error.code).toBe('REMOTE_TIMEOUT');
      expect(error.message).toContain('vps1: installing packages gave no result within 1 s');
      expect(processes('sleep 86399')).toEqual([]);
      expect((await host.run('echo still here')).stdout.toString()).toBe('still here\n');
    });

    it('lets a script go on as long as it says something', async () => {
      const { code } = await host.run('for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.3; done', { idleTimeout: 1_500 });
      expect(code).toBe(0);
    });

    it('stops a script with all that it started when it is interrupted', async () => {
      const interrupt = new AbortController();
      const running = failure(host.run('sleep 86398 & sleep 86398', { step: 'a long step', signal: interrupt.signal }));
      await until(() => processes('sleep 86398').length === 2);
      interrupt.abort();
      const error = await running;
      expect([error.code, error.exit, error.message]).toEqual(['INTERRUPTED', 130, 'Interrupted during a long step.']);
      expect(processes('sleep 86398')).toEqual([]);
      expect((await failure(host.run('true', { signal: interrupt.signal }))).code).toBe('INTERRUPTED');
    });

    it('ends what runs, and what waits, at the interrupt of its session; cleaning up still works', async () => {
      const interrupt = new AbortController();
      const other = await login(access(), { signal: interrupt.signal });
      const marker = join(folder, 'started');
      const running = Array.from({ length: 12 }, () => failure(other.run(`echo x >> ${marker}; sleep 86397`)));
      await until(() => processes('sleep 86397').length === 8);
      interrupt.abort();
      expect((await Promise.all(running)).map(({ code }) => code)).toEqual(Array(12).fill('INTERRUPTED'));
      expect(processes('sleep 86397')).toEqual([]);
      expect(await readFile(marker, 'utf8')).toBe('x\n'.repeat(8));
      expect((await other.run('echo released')).stdout.toString()).toBe('released\n');
    });

    it('stops a script whose output has no end', async () => {
      const error = await failure(host.run('yes 86396', { step: 'a question' }));
      expect(error.message).toContain('vps1: a question failed (more than 32 MiB of output)');
      expect(processes('yes 86396')).toEqual([]);
    });

    it('[R18] takes a connection that dies under a script for what it is', async () => {
      const error = await failure(host.run('kill -9 $PPID; sleep 2', { step: 'a dying step' }));
      expect([error.code, error.exit]).toEqual(['SSH_LOST', 4]);
      expect(error.message).toBe('The connection to vps1 was lost during a dying step.');
      expect((await failure(host.run('true'))).code).toBe('SSH_LOST');
    });

    it('makes do with a host that allows few sessions', async () => {
      const narrow = await startSshd(
        ['ed25519'],
        ['MaxSessions 2', `AuthorizedKeysFile ${sshd.folder}/authorized_keys`],
      );
      try {
        await trust(narrow);
        const limited = await login(access(narrow));
        const results = await Promise.all(
          Array.from({ length: 6 }, (_, index) => limited.run(`sleep 0.1; echo ${index}`)),
        );
        expect(results.map(({ stdout }) => Number(stdout))).toEqual([0, 1, 2, 3, 4, 5]);
      } finally {
        await narrow.stop();
      }
    });

    it('opens a second connection beside the first, and closes as often as asked', async () => {
      const second = await host.reconnect();
      const ports = await Promise.all(
        [host, second].map(async (one) => (await one.pipe('echo $PPID', Buffer.alloc(0))).stdout.toString()),
      );
      expect(ports[0]).not.toBe(ports[1]);
      await second.close();
      await second.close();
      expect((await failure(second.run('true'))).code).toBe('SSH_LOST');
      expect((await host.run('true')).code).toBe(0);
    });
  });

  describe('piping', () => {
    let host: Host;
    beforeEach(async () => {
      await trust();
      host = await login();
    });

    it('feeds a command from memory and from a stream', async () => {
      const chunk = randomBytes(1024 * 1024);
      const chunks = () => Readable.from(Array.from({ length: 24 }, () => chunk));
      const expected = sha256(Buffer.concat(Array.from({ length: 24 }, () => chunk)));
      expect((await host.pipe('sha256sum', chunks())).stdout.toString()).toBe(`${expected}  -\n`);
      expect((await host.pipe(`tr a-z A-Z; echo "it's $LC_ALL"`, Buffer.from('abc '))).stdout.toString()).toBe(
        "ABC it's C\n",
      );
    });

    it('[R18] gives the status of a command that ends before its input does, and lets the input go', async () => {
      const endless = new Readable({ read: (size) => void endless.push(Buffer.alloc(size)) });
      expect((await host.pipe('head -c 10 >/dev/null; exit 3', endless)).code).toBe(3);
      expect(endless.destroyed).toBe(true);
    });

    it('stops the command when its input fails', async () => {
      const broken = new Readable({ read: () => void broken.destroy(new Error('the disk of this machine is broken')) });
      await expect(host.pipe('cat >/dev/null; sleep 86395', broken)).rejects.toThrow(
        'the disk of this machine is broken',
      );
      expect(processes('sleep 86395')).toEqual([]);
    });

    it('waits without end for a command that may be silent', async () => {
      const input = new Readable({ read: () => undefined });
      const holding = host.pipe('cat; echo done', input, { idleTimeout: Number.POSITIVE_INFINITY });
      await sleep(300);
      input.push(null);
      expect((await holding).stdout.toString()).toBe('done\n');
    });
  });

  describe('uploading', () => {
    let host: Host;
    let target: string;
    beforeEach(async () => {
      await trust();
      host = await login();
      target = join(folder, "the target's file");
      await rm(STAGING, { recursive: true, force: true });
    });

    /** A file of random bytes on this machine, as an upload. */
    const bigFile = async (mebibytes: number): Promise<{ file: Upload; content: Buffer }> => {
      const content = randomBytes(mebibytes * 1024 * 1024);
      const source = join(folder, 'source');
      await writeFile(source, content);
      return { content, file: { source, bytes: content.length, sha256: sha256(content), target } };
    };

    it('[R31] brings a file through a folder of root alone, verifies it and leaves nothing behind', async () => {
      const { file, content } = await bigFile(5);
      const progress: number[] = [];
      const sent = await host.upload(file, {
        onBytes: (bytes, total) => {
          progress.push(bytes);
          expect(total).toBe(file.bytes);
        },
      });
      expect(sent).toBe(file.bytes);
      expect((await readFile(target)).equals(content)).toBe(true);
      expect(await stat(target)).toMatchObject({ mode: 0o100600, uid: 0, gid: 0 });
      expect((await stat(STAGING)).mode & 0o777).toBe(0o700);
      expect((await host.run(`find ${STAGING} ${folder} -name '*.part' -o -name '.*.ee-*'`)).stdout.toString()).toBe(
        '',
      );
      expect(progress.at(-1)).toBe(file.bytes);
      expect(progress.length).toBeGreaterThan(5);
    });

    it('sends nothing that is there already, and puts its mode right', async () => {
      const { file } = await bigFile(2);
      expect(await host.upload(file)).toBe(file.bytes);
      await host.run(`chmod 644 ${folder}/the*`);
      expect(await host.upload(file)).toBe(0);
      expect((await stat(target)).mode & 0o777).toBe(0o600);
    });

    it('brings bytes in memory, small and large, and sends neither twice', async () => {
      for (const content of [Buffer.alloc(0), Buffer.from('licence\n'), randomBytes(400_000)]) {
        const file = { source: content, bytes: content.length, sha256: sha256(content), target };
        expect(await host.upload(file)).toBe(content.length);
        expect((await readFile(target)).equals(content)).toBe(true);
        expect(await host.upload(file)).toBe(0);
      }
      expect((await host.run(`ls -A ${STAGING}`)).stdout.toString()).toBe('');
    });

    it('[R32] continues an upload whose connection was cut, and sends only the rest', async () => {
      const { file, content } = await bigFile(48);
      const session = (await host.pipe('echo $PPID', Buffer.alloc(0))).stdout.toString().trim();
      let killed = false;
      const cut = await failure(
        host.upload(file, {
          onBytes: (bytes) => {
            if (bytes < 16 * 1024 * 1024 || killed) return;
            killed = true;
            process.kill(Number(session), 'SIGKILL');
          },
        }),
      );
      expect([cut.code, cut.exit]).toEqual(['SSH_LOST', 4]);
      expect(existsSync(target)).toBe(false);

      const part = join(STAGING, `${file.sha256}.part`);
      await until(() => processes(part).length === 0);
      const { size } = await stat(part);
      expect(size).toBeGreaterThan(1024 * 1024);
      const again = await login();
      expect(await again.upload(file)).toBe(file.bytes - size);
      expect((await readFile(target)).equals(content)).toBe(true);
    });

    it('begins anew when what is there is not the beginning of the file', async () => {
      const { file, content } = await bigFile(3);
      await host.run(`mkdir -p ${STAGING}; echo garbage > ${STAGING}/${file.sha256}.part`);
      expect(await host.upload(file)).toBe(file.bytes);
      expect((await readFile(target)).equals(content)).toBe(true);
    });

    it('finishes a part that only was not put in its place', async () => {
      const { file, content } = await bigFile(3);
      await host.run(`mkdir -p ${STAGING}; cp ${String(file.source)} ${STAGING}/${file.sha256}.part`);
      expect(await host.upload(file)).toBe(0);
      expect((await readFile(target)).equals(content)).toBe(true);
    });

    it('ends the writer that a dead connection left, before it continues', async () => {
      const { file, content } = await bigFile(3);
      const part = join(STAGING, `${file.sha256}.part`);
      await host.run(`mkdir -p ${STAGING}; head -c 1000000 ${String(file.source)} > ${part}`);
      const left = login().then((other) =>
        other.pipe(`umask 077; cat >>${part}; true`, new Readable({ read: () => undefined }), { idleTimeout: 60_000 }),
      );
      await until(() => processes(`cat >>${part}`).length > 0);
      expect(await host.upload(file)).toBe(file.bytes - 1_000_000);
      expect((await left).code).toBeGreaterThan(128);
      expect((await readFile(target)).equals(content)).toBe(true);
    });

    it('[R31] [R32] keeps the target and drops what arrived when the checksum is another one', async () => {
      await writeFile(target, 'before');
      for (const content of [randomBytes(1000), randomBytes(400_000)]) {
        const wrong = { source: content, bytes: content.length, sha256: 'ab'.repeat(32), target };
        const error = await failure(host.upload(wrong));
        expect([error.code, error.exit]).toEqual(['REMOTE_FAILED', 1]);
        expect(error.message).toContain(`What arrived has SHA-256 ${sha256(content)}`);
        expect(await readFile(target, 'utf8')).toBe('before');
        expect((await host.run(`ls -A ${STAGING}`)).stdout.toString()).toBe('');
      }
    });

    it('replaces a link instead of writing through it, and refuses to hide a file in a folder', async () => {
      const elsewhere = join(folder, 'elsewhere');
      await writeFile(elsewhere, 'untouched');
      await symlink(elsewhere, target);
      const content = Buffer.from('new');
      const file = { source: content, bytes: 3, sha256: sha256(content), target };
      await host.upload(file);
      expect(await readFile(elsewhere, 'utf8')).toBe('untouched');
      expect(await readFile(target, 'utf8')).toBe('new');
      expect((await failure(host.upload({ ...file, target: folder }))).code).toBe('REMOTE_FAILED');
    });

    it('[R32] names the full disk, before sending what cannot fit and when it fills meanwhile', async () => {
      const { file } = await bigFile(12);
      await host.run(`mkdir -p ${STAGING}; mount -t tmpfs -o size=8m ee-test-disk ${STAGING}`);
      try {
        const before = await failure(host.upload(file));
        expect(before.message).toContain('disk full');
        expect(before.message).toContain(
          `${STAGING} (ee-test-disk on ${STAGING}) has 8.0 MiB free; 12.0 MiB are to come.`,
        );

        await host.run(`head -c 9000000 /dev/zero > ${STAGING}/filler; true`);
        const content = randomBytes(100_000);
        const meanwhile = await failure(
          host.upload({ source: content, bytes: 100_000, sha256: sha256(content), target }),
        );
        expect(meanwhile.code).toBe('REMOTE_FAILED');
        expect(meanwhile.message).toContain('No space left on device');
        expect(meanwhile.message).toContain('ee-test-disk');
        expect((await host.run(`ls -A ${STAGING}`)).stdout.toString()).toBe('filler\n');
      } finally {
        await host.run(`umount ${STAGING}`);
      }
    });

    it('clears parts that nobody continued for seven days', async () => {
      const { file } = await bigFile(1);
      await host.run(`mkdir -p ${STAGING}; : > ${STAGING}/old.part; : > ${STAGING}/young.part`);
      const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
      await utimes(join(STAGING, 'old.part'), daysAgo(8), daysAgo(8));
      await utimes(join(STAGING, 'young.part'), daysAgo(6), daysAgo(6));
      await host.upload(file);
      expect((await host.run(`ls -A ${STAGING}`)).stdout.toString()).toBe('young.part\n');
    });

    it('notices a source that is not what it was', async () => {
      const { file } = await bigFile(1);
      await appendFile(file.source as string, 'more');
      expect((await failure(host.upload(file))).message).toContain(
        'has 1048580 bytes, not the 1048576 that it had before',
      );
      expect((await failure(host.upload({ ...file, source: join(folder, 'none') }))).message).toContain(
        'cannot be read',
      );
    });
  });

  describe('connections through the host', () => {
    let host: Host;
    beforeEach(async () => {
      await trust();
      host = await login();
    });

    /** A server of this machine that greets, repeats what it hears, and ends when its client does. */
    async function echo(): Promise<{ port: number; stop: () => void }> {
      const server = createServer((socket: Socket) => {
        socket.write('hello ');
        socket.pipe(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      return { port, stop: () => server.close() };
    }

    it('dials from the host, and gives what is there', async () => {
      const { port, stop } = await echo();
      const stream = await host.dial('127.0.0.1', port);
      stream.end('there');
      expect(await heard(stream)).toBe('hello there');
      stop();
    });

    it('says that nothing answers where it dials', async () => {
      const port = await freePort();
      const error = await failure(host.dial('127.0.0.1', port));
      expect([error.code, error.exit]).toEqual(['DIAL_FAILED', 1]);
      expect(error.message).toContain(`vps1 gets no connection to 127.0.0.1:${port}`);
    });

    it('listens on the host, tells where each connection comes from, and stops', async () => {
      const port = await freePort();
      const peers: { address: string; port: number }[] = [];
      const listener = await host.listen('127.0.0.1', port, (stream, from) => {
        peers.push(from);
        stream.end(`you are ${from.address}`);
      });
      const client = dial({ port, host: '127.0.0.1', localAddress: '127.0.0.7' });
      expect(await heard(client)).toBe('you are 127.0.0.7');
      expect(peers).toEqual([{ address: '127.0.0.7', port: expect.any(Number) }]);
      await listener.close();
      const again = dial({ port, host: '127.0.0.1' });
      await expect(heard(again)).rejects.toThrow('ECONNREFUSED');
    });

    it('says who has the port that it shall listen on', async () => {
      const { port, stop } = await echo();
      const error = await failure(host.listen('127.0.0.1', port, () => undefined));
      stop();
      expect([error.code, error.exit]).toEqual(['PORT_TAKEN', 1]);
      expect(error.message).toContain(`vps1 cannot listen on 127.0.0.1:${port}: `);
      expect(error.message).toContain(` on 127.0.0.1:${port} is there already.`);
    });

    it('says that sshd leads nothing through, either way', async () => {
      const closed = await startSshd(
        ['ed25519'],
        [`AuthorizedKeysFile ${sshd.folder}/authorized_keys`, 'AllowTcpForwarding no'],
      );
      try {
        await trust(closed);
        const other = await login(access(closed));
        const out = await failure(other.dial('127.0.0.1', sshd.port));
        expect([out.code, out.exit]).toEqual(['SSH_FORWARDING', 1]);
        const into = await failure(other.listen('127.0.0.1', await freePort(), () => undefined));
        expect(into.code).toBe('SSH_FORWARDING');
        expect(into.hint).toContain('allowtcpforwarding yes');
      } finally {
        await closed.stop();
      }
    });

    it('takes a connection that is gone for what it is', async () => {
      const listener = await host.listen('127.0.0.1', await freePort(), () => undefined);
      await host.close();
      expect((await failure(host.dial('127.0.0.1', sshd.port))).code).toBe('SSH_LOST');
      expect((await failure(host.listen('127.0.0.1', await freePort(), () => undefined))).code).toBe('SSH_LOST');
      await listener.close();
    });
  });

  describe('through a jump host', () => {
    let jump: Sshd;
    beforeAll(async () => {
      jump = await startSshd(['ed25519'], [`AuthorizedKeysFile ${sshd.folder}/authorized_keys`, 'LogLevel DEBUG1']);
    });
    afterAll(() => jump.stop());
    const via = (server: Sshd) => access(sshd, { jump: `root@127.0.0.1:${server.port}` });

    it('[R27] verifies the jump host and the host behind it, each under its own name', async () => {
      await trust(sshd);
      const unknownJump = await failure(connect(via(jump)));
      expect(unknownJump.code).toBe('SSH_HOST_KEY_UNKNOWN');
      expect(unknownJump.message).toContain(`vps1's jump host (${nameOf(jump)})`);

      await writeFile(knownHosts, '');
      await trust(jump);
      const unknownHost = await failure(connect(via(jump)));
      expect(unknownHost.code).toBe('SSH_HOST_KEY_UNKNOWN');
      expect(unknownHost.message).toContain(`vps1 (${nameOf(sshd)})`);

      const host = await login(via(jump), { acceptNewHostKey: true });
      expect((await host.run('echo behind')).stdout.toString()).toBe('behind\n');
      expect(await jump.log()).toContain(`connect_next: connect host 127.0.0.1 ([127.0.0.1]:${sshd.port})`);
    });

    it('says that the jump host does not lead there', async () => {
      const closed = await startSshd(
        ['ed25519'],
        [`AuthorizedKeysFile ${sshd.folder}/authorized_keys`, 'AllowTcpForwarding no'],
      );
      try {
        await trust(sshd);
        await trust(closed);
        expect((await failure(connect(via(closed)))).code).toBe('SSH_UNREACHABLE');
      } finally {
        await closed.stop();
      }
    });
  });

  const noSudo = existsSync('/usr/bin/sudo') ? undefined : 'sudo is not installed';
  if (noSudo !== undefined && process.env['EE_REQUIRE_LAB'] === '1') throw new Error(`No lab here: ${noSudo}`);
  describe.skipIf(noSudo)(`as a user with sudo${noSudo ? ` (skipped: ${noSudo})` : ''}`, () => {
    const user = 'ee-test-operator';
    const rules = `/etc/sudoers.d/${user}`;
    const mayDo = (rule: string) => writeFile(rules, `${user} ALL=(ALL) ${rule}\n`, { mode: 0o440 });

    beforeAll(() => {
      spawnSync('userdel', ['-r', user]);
      execFileSync('useradd', ['-m', '-s', '/bin/sh', '-p', '*', user]);
    });
    afterAll(async () => {
      await rm(rules, { force: true });
      execFileSync('userdel', ['-r', user], { stdio: 'ignore' });
    });
    beforeEach(() => trust());

    it('runs, pipes and uploads as root', async () => {
      await mayDo('NOPASSWD: ALL');
      const host = await login(access(sshd, { user }));
      const { stdout } = await host.run('id -u; echo "$HOME $LC_ALL"; cat; exit 4');
      expect(stdout.toString()).toBe('0\n/root C\n');
      expect((await host.run('exit 4')).code).toBe(4);
      expect((await host.pipe('id -u; cat', Buffer.from([0, 255, 10]))).stdout).toEqual(
        Buffer.from([48, 10, 0, 255, 10]),
      );
      const content = randomBytes(300_000);
      const target = join(folder, 'uploaded');
      expect(await host.upload({ source: content, bytes: 300_000, sha256: sha256(content), target })).toBe(300_000);
      expect(await stat(target)).toMatchObject({ mode: 0o100600, uid: 0 });
    });

    it('dials and listens as that user', async () => {
      await mayDo('NOPASSWD: ALL');
      const host = await login(access(sshd, { user }));
      const port = await freePort();
      const listener = await host.listen('127.0.0.1', port, (stream) => stream.end('heard'));
      expect(await heard(await host.dial('127.0.0.1', port))).toBe('heard');
      await listener.close();
    });

    it('stops what runs as root, too', async () => {
      await mayDo('NOPASSWD: ALL');
      const host = await login(access(sshd, { user }));
      const error = await failure(host.run('sleep 86394 & sleep 86394', { idleTimeout: 600 }));
      expect(error.code).toBe('REMOTE_TIMEOUT');
      expect(processes('sleep 86394')).toEqual([]);
    });

    it.each([
      ['needs a password', 'ALL', /a password is required/],
      ['is not allowed', 'NOPASSWD: /bin/true', /password is required|not allowed/],
    ])('says that sudo %s', async (_name, rule, expected) => {
      await mayDo(rule);
      const error = await failure(connect(access(sshd, { user })));
      expect([error.code, error.exit]).toEqual(['SSH_SUDO', 4]);
      expect(error.message).toMatch(expected);
      expect(error.hint).toContain('NOPASSWD');
    });
  });
});
