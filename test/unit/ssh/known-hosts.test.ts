import { execFileSync } from 'node:child_process';
import { lutimes, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findKnownKeys, judge, knownHostsName, parseKnownHosts, recordKey } from '../../../src/lib/ssh/known-hosts.js';

/** A key blob of a type, different for each content. */
function blob(type: string, content: string): Buffer {
  const length = (text: string) => Buffer.from([0, 0, 0, text.length]);
  return Buffer.concat([length(type), Buffer.from(type), length(content), Buffer.from(content)]);
}

const A = blob('ssh-ed25519', 'a'.repeat(32));
const B = blob('ssh-ed25519', 'b'.repeat(32));
const line = (names: string, key: Buffer) => `${names} ssh-ed25519 ${key.toString('base64')}`;

describe('judge', () => {
  const key = (kind: 'trusted' | 'revoked' | 'authority', content: Buffer) => ({
    kind,
    type: 'ssh-ed25519',
    blob: content,
  });

  it('[R27] knows a key by its bytes, whichever of several it is', () => {
    expect(judge([key('trusted', A), key('trusted', B)], B)).toBe('known');
  });

  it('[R27] calls another key of a known host changed, also when its type is new', () => {
    expect(judge([key('trusted', A)], B)).toBe('changed');
    expect(judge([key('trusted', A)], blob('ecdsa-sha2-nistp256', 'c'))).toBe('changed');
  });

  it('calls a host without keys unknown; a certificate authority or another revoked key is none', () => {
    expect(judge([], A)).toBe('unknown');
    expect(judge([key('authority', A), key('revoked', B)], A)).toBe('unknown');
  });

  it('calls a revoked key revoked, even where it is trusted too', () => {
    expect(judge([key('trusted', A), key('revoked', A)], A)).toBe('revoked');
  });
});

describe('parseKnownHosts', () => {
  it('reads comments, markers, hashed names and trailing comments', () => {
    const text = [
      '# Host 192.0.2.1 found: line 1',
      `${line('192.0.2.1,vps1.example.com', A)} installed in February`,
      `@revoked ${line('*', B)}`,
      `@cert-authority ${line('*.example.com', B)}`,
      line('|1|c2FsdA==|aGFzaA==', B),
      'broken line',
      '',
    ].join('\r\n');
    expect(parseKnownHosts(text).map(({ kind, blob: bytes }) => [kind, bytes.equals(A) ? 'A' : 'B'])).toEqual([
      ['trusted', 'A'],
      ['revoked', 'B'],
      ['authority', 'B'],
      ['trusted', 'B'],
    ]);
  });
});

describe('the known_hosts file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-known-hosts-'));
    file = join(folder, 'ssh', 'known_hosts');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('names a host with its port, unless that is 22', () => {
    expect(knownHostsName('VPS1.example.com', 22)).toBe('vps1.example.com');
    expect(knownHostsName('192.0.2.1', 2222)).toBe('[192.0.2.1]:2222');
  });

  it('has no keys when it does not exist', async () => {
    expect(await findKnownKeys(file, '192.0.2.1')).toEqual([]);
  });

  it('[R27] records a key once, in a file of its owner, and finds it again', async () => {
    await recordKey(file, '[192.0.2.1]:2222', A);
    await recordKey(file, '[192.0.2.1]:2222', A);
    expect(await readFile(file, 'utf8')).toBe(`${line('[192.0.2.1]:2222', A)}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(judge(await findKnownKeys(file, '[192.0.2.1]:2222'), A)).toBe('known');
    expect(judge(await findKnownKeys(file, '192.0.2.1'), A)).toBe('unknown');
  });

  it('never replaces the key that a host has', async () => {
    await recordKey(file, '192.0.2.1', A);
    await recordKey(file, '192.0.2.1', B);
    expect(judge(await findKnownKeys(file, '192.0.2.1'), B)).toBe('changed');
  });

  it('loses nothing when three hosts are recorded at once in a file without a last line end', async () => {
    await recordKey(file, '192.0.2.9', B);
    await writeFile(file, line('192.0.2.9', B));
    await Promise.all(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((name) => recordKey(file, name, A)));
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines[0]).toBe(line('192.0.2.9', B));
    expect(lines.slice(1).sort()).toEqual([
      '',
      ...['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((name) => line(name, A)),
    ]);
  });

  it('takes over the lock of a run that was killed', async () => {
    await recordKey(file, '192.0.2.9', B);
    await writeFile(`${file}.ee-lock`, '');
    const minuteAgo = new Date(Date.now() - 60_000);
    await utimes(`${file}.ee-lock`, minuteAgo, minuteAgo);
    await recordKey(file, '192.0.2.1', A);
    expect(judge(await findKnownKeys(file, '192.0.2.1'), A)).toBe('known');
  });

  it('takes over a lock that is a link to nowhere', async () => {
    await recordKey(file, '192.0.2.9', B);
    await symlink('/nonexistent/target', `${file}.ee-lock`);
    const minuteAgo = new Date(Date.now() - 60_000);
    await lutimes(`${file}.ee-lock`, minuteAgo, minuteAgo);
    await recordKey(file, '192.0.2.1', A);
    expect(judge(await findKnownKeys(file, '192.0.2.1'), A)).toBe('known');
  });

  it('waits for no lock for ever, whatever its time', async () => {
    await recordKey(file, '192.0.2.9', B);
    await writeFile(`${file}.ee-lock`, '');
    const tomorrow = new Date(Date.now() + 86_400_000);
    await utimes(`${file}.ee-lock`, tomorrow, tomorrow);
    const error = await recordKey(file, '192.0.2.1', A).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SSH_KNOWN_HOSTS' });
    expect(String(error)).toContain('another run keeps its lock');
  });

  it('says why it cannot be written, and which setting names it', async () => {
    await mkdir(file, { recursive: true });
    await expect(recordKey(file, '192.0.2.1', A)).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS',
      exit: 2,
      message: `The host key of 192.0.2.1 cannot be recorded in ${file}: it is a folder.`,
      hint: 'Set SSH_KNOWN_HOSTS to a file that you can write, in a folder that exists; then run again.',
    });
  });

  it.each([
    ['a folder that does not exist', 'missing/ssh/known_hosts', 'the folder that it should be in does not exist'],
    ['a file for a folder', 'plain/known_hosts', 'what should be its folder is a file'],
    ['a file for the folder of its folder', 'plain/ssh/known_hosts', 'what should be its folder is a file'],
  ])('is not made under %s', async (_, path, reason) => {
    await writeFile(join(folder, 'plain'), '');
    await expect(recordKey(join(folder, path), '192.0.2.1', A)).rejects.toThrow(`known_hosts: ${reason}.`);
  });

  it.each(['/proc/nowhere/known_hosts', '/proc/self/fdinfo/x/known_hosts'])(
    'is refused at once at %s, where no folder can be made',
    async (path) => {
      await expect(recordKey(path, '192.0.2.1', A)).rejects.toMatchObject({ code: 'SSH_KNOWN_HOSTS' });
    },
  );

  it('[R27] finds a host whose name is hashed', async () => {
    await recordKey(file, '[192.0.2.1]:2222', A);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(await readFile(file, 'utf8')).not.toContain('192.0.2.1');
    expect(judge(await findKnownKeys(file, '[192.0.2.1]:2222'), A)).toBe('known');
    expect(judge(await findKnownKeys(file, '[192.0.2.1]:2222'), B)).toBe('changed');
  });
});
