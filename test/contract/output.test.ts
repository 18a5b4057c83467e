import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { RUN, ee } from './ee.js';

const VALUES = [
  'VPS1_IP=192.0.2.10',
  'VPS2_IP=127.0.0.1',
  'VPS3_IP=203.0.113.10',
  'BASE_DOMAIN=example.com',
  'SENDING_IPS=198.51.100.1-198.51.100.100',
  'PANEL_DOMAIN=panel.example.com',
  'MAILWIZZ_ADMIN_EMAIL=admin@example.com',
  'ENGINE_DOMAIN=api.example.com',
  'BACKUP_DIR=set',
  'DNS_RESOLVERS=127.0.0.1:9', // nobody listens there
];

/** More than the kernel keeps in a pipe: what the program holds back itself is lost when it ends too early. */
const PIPE = 64 * 1024;

let folder: string;
let silent: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-output-'));
  await cp(join(packageRoot(), 'assets/lab/backup/pmta-config'), join(folder, 'set', 'pmta-config-20260216'));
  // A host that takes a connection and never says a word: what waits for it waits.
  silent = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const values = [...VALUES, `VPS2_SSH_PORT=${port}`];
  expect(await ee(['init', ...values.flatMap((value) => ['--set', value])], { cwd: folder })).toMatchObject({
    status: 0,
  });
  await oneKeyForAll();
  await writeFile(join(folder, 'broken.conf'), '<domain a.example>\n'.repeat(2000));
});
afterAll(async () => {
  silent.close();
  await rm(folder, { recursive: true });
});

/** Every domain signs with the same key: a hundred of them would be a minute of work. */
async function oneKeyForAll(): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' });
  for (let number = 1; number <= 100; number += 1) {
    const keys = join(folder, 'secrets', 'dkim', `mail${number}.example.com`);
    await mkdir(keys, { recursive: true, mode: 0o700 });
    await writeFile(join(keys, 'mail.pem'), pem, { mode: 0o600 });
  }
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a line of `sh` in which "$@" is `ee` with its arguments: the pipes and devices of a real shell. */
function shell(line: string, args: readonly string[]): Promise<Ended> {
  const child = spawn('bash', ['-c', line, 'bash', process.execPath, '--', RUN, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return ended(child);
}

function ended(child: ChildProcess): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => (texts[name] += chunk.toString()));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...texts })));
}

/** A reader that takes nothing until the writer has had the time to fill the pipe, and then a little at a time. */
const SLOWLY = `"$@" | { sleep 1; dd bs=4096 status=none; }; exit "\${PIPESTATUS[0]}"`;

const LONG: readonly (readonly [string, readonly string[]])[] = [
  ['a configuration', ['pmta', 'render', '--ips', '100']],
  ['a configuration as JSON', ['pmta', 'render', '--ips', '100', '--json']],
  ['a zone', ['dns', 'records', '--format', 'bind']],
  ['records as JSON', ['dns', 'records', '--json']],
];

describe('output through a slow pipe', () => {
  it.each(LONG)('is whole: %s', async (_, args) => {
    const slow = await shell(SLOWLY, args);
    const file = join(folder, 'whole');
    const { status } = await shell(`"$@" > ${file}`, args);
    const whole = await readFile(file, 'utf8');
    await rm(file);
    expect(whole.length).toBeGreaterThan(PIPE);
    expect([slow.status, slow.stdout === whole, slow.stdout.length]).toEqual([status, true, whole.length]);
  });
});

describe('output that cannot be written', () => {
  it.each([
    ...LONG,
    ['help', ['--help']],
    ['the version', ['--version']],
    ['a failure as JSON', ['verify', '/nowhere', '--json']],
  ] as const)('is a failure on a full device: %s', async (_, args) => {
    const { status, stderr } = await shell('"$@" > /dev/full', args);
    expect(stderr).toContain('Error: Standard output could not be written: no space left on device.\nNext: ');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(1);
  });

  it('is a failure where the disk takes only a part of it', async () => {
    // The kernel takes as much as the limit allows and refuses the next byte, as a disk does that fills up.
    const { status, stderr } = await shell(`trap '' XFSZ; ulimit -f 40; "$@" > part`, LONG[0]?.[1] ?? []);
    expect(stderr).toContain('Error: Standard output could not be written: file too large.');
    expect(status).toBe(1);
    await rm(join(folder, 'part'));
  });
});

describe('a file that is written with --out', () => {
  it('is whole, or the command fails and what was there stays', async () => {
    await writeFile(join(folder, 'zone'), 'before');
    const args = ['dns', 'records', '--format', 'bind', '--out', 'zone'];
    const { status, stderr } = await shell(`trap '' XFSZ; ulimit -f 40; "$@"`, args);
    expect(stderr).toContain('/zone could not be written: file too large. What was there is unchanged.\nNext: ');
    expect(status).toBe(1);
    expect(await readFile(join(folder, 'zone'), 'utf8')).toBe('before');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('an error that nothing catches', () => {
  it.each([
    ['an error', 'new RangeError("\u001b[2Jodd")', 'odd'],
    ['what has no text', 'Object.create(null)', 'what was thrown has no text'],
  ])('is a sentence like any other, not a stack: %s', async (_, thrown, words) => {
    const late = join(folder, 'late.mjs');
    await writeFile(late, `setTimeout(() => { throw ${thrown}; }, 1500).unref();`);
    const args = ['pmta', 'status', '--accept-new-host-key'];
    const { status, stderr } = await shell(`NODE_OPTIONS=--import=${late} "$@"`, args);
    expect(stderr).toMatch(/^Error: ee stopped on an unexpected error: .*\nNext: .*$/m);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^\s+at |\x1b/m);
    expect(status).toBe(1);
  });
});

describe('output that nobody reads any more', () => {
  const CLOSED = `"$@" | true; exit "\${PIPESTATUS[0]}"`;

  it.each([
    ['help', ['--help'], 0],
    ['a configuration', ['pmta', 'render', '--ips', '100'], 0],
    ['records', ['dns', 'records', '--json'], 0],
    ['findings', ['pmta', 'check', 'broken.conf'], 3],
    ['a failure as JSON', ['init', '--json', '--set', 'VPS1_IP'], 2],
  ] as const)('ends the command quietly, with its own status: %s', async (_, args, status) => {
    expect(await shell(CLOSED, args)).toMatchObject({ status, stderr: '' });
  });

  it.each([
    ['what looks again and again', ['pmta', 'status', '--watch', '--accept-new-host-key', '--json']],
    ['a look', ['pmta', 'diff', '--accept-new-host-key']],
  ])('stops %s at once and quietly, although nothing is written: 130', async (_, args) => {
    expect(await shell(`"$@" 2>&1 | true; exit "\${PIPESTATUS[0]}"`, args)).toEqual({
      status: 130,
      stdout: '',
      stderr: '',
    });
  });

  it('does not crash where standard error is closed too', async () => {
    expect(await shell(`"$@" 2>&1 | head -c 1; exit "\${PIPESTATUS[0]}"`, ['init', '--nope'])).toMatchObject({
      status: 2,
      stdout: 'E',
    });
    expect(await shell('"$@" 2> /dev/full', ['init', '--nope'])).toMatchObject({ status: 2, stdout: '' });
  });
});
