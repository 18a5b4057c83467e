import { execFileSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { EeError } from '../../../src/lib/errors.js';
import type { HostAccess } from '../../../src/lib/settings/settings.js';
import { BOUNDS, type Bounds } from '../../../src/lib/ssh/bounds.js';
import { connect } from '../../../src/lib/ssh/connect.js';
import type { Host } from '../../../src/lib/ssh/host.js';
import { FLOODS, HostileSshd, type Malice } from '../../support/hostile-sshd.js';

/** So short that a test is done in a second; what is shown is that there is an end. */
const SHORT: Bounds = {
  program: 20_000,
  agent: 300,
  answer: 300,
  idle: 300,
  longest: 3_600_000,
  stop: 300,
  close: 100,
  interrupted: 200,
  farewell: 100,
};

async function failure(promise: Promise<unknown>): Promise<EeError> {
  const error = await promise.then(
    (value) => new Error(`no failure, but ${String(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof EeError) return error;
  throw error;
}

const MALICES: readonly Malice[] = ['no session', 'no start', 'no end', 'no reading', 'no close', ...FLOODS];
const SILENT: readonly Malice[] = ['no session', 'no start'];

describe('a host that lets in and then does not answer', () => {
  const servers: HostileSshd[] = [];
  const hosts: Host[] = [];
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.close()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function serve(malice: Malice): Promise<HostileSshd> {
    const server = await HostileSshd.start(malice);
    servers.push(server);
    return server;
  }

  const access = ({ port, folder }: HostileSshd): HostAccess => ({
    name: 'vps1',
    address: '127.0.0.1',
    port,
    user: 'root',
    keyFile: join(folder, 'key'),
    knownHosts: join(folder, 'known_hosts'),
  });

  async function login(malice: Malice, bounds: Partial<Bounds> = SHORT, signal?: AbortSignal): Promise<Host> {
    const host = await connect(access(await serve(malice)), { bounds: { ...SHORT, ...bounds }, signal });
    hosts.push(host);
    return host;
  }

  it.each(MALICES)('has an end where a script meets %s', async (malice) => {
    const host = await login(malice);
    const error = await failure(host.run('true', { step: 'looking', onLine: () => undefined }));
    expect(error.code).toBe(
      SILENT.includes(malice) ? 'SSH_SILENT' : FLOODS.includes(malice) ? 'REMOTE_FAILED' : 'REMOTE_TIMEOUT',
    );
    expect(error.message).toContain('looking');
  });

  it('says of a host without an answer what it was asked for, and where to look', async () => {
    const error = await failure((await login('no session')).run('true', { step: 'looking at what is there' }));
    expect([error.exit, error.message]).toEqual([
      4,
      'vps1 accepted the login, and then gave no answer within 1 s, during looking at what is there.',
    ]);
    expect(error.hint).toContain("in the provider's console");
  });

  it.each(FLOODS)('keeps no more of a %s than its limit', async (malice) => {
    const error = await failure((await login(malice)).run('true'));
    expect(error.message).toMatch(/more than 32 MiB of (error )?output/);
  });

  it('stops a command that writes without an end, however slowly', async () => {
    const host = await login('flood of lines on stderr', { longest: 400, idle: 200 });
    expect((await failure(host.run('true', { idleTimeout: 200 }))).code).toMatch(/^REMOTE_(TIMEOUT|FAILED)$/);
  });

  it.each(MALICES)('is left at an interrupt, with %s', async (malice) => {
    const interrupt = new AbortController();
    setMaxListeners(0, interrupt.signal);
    const host = await login(malice, { answer: 3_600_000, idle: 3_600_000 }, interrupt.signal);
    const running = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(() => failure(host.run('true', { step: 'looking' })));
    const feeding = failure(host.pipe('cat', new Readable({ read: () => undefined }), { step: 'uploading' }));
    setTimeout(() => interrupt.abort(), 50);
    const codes = (await Promise.all([...running, feeding])).map(({ code }) => code);
    // A flood can reach its limit before the interruption comes.
    expect(codes.filter((code) => code !== 'INTERRUPTED' && code !== 'REMOTE_FAILED')).toEqual([]);
    await host.close();
  });

  it.each(['no session', 'no start', 'no end', 'no close'] as const)(
    'gives the place of a command to the next one, with %s',
    async (malice) => {
      const host = await login(malice);
      const all = await Promise.all(Array.from({ length: 20 }, () => failure(host.run('true'))));
      expect(all.filter(({ code }) => !/^(SSH_SILENT|REMOTE_TIMEOUT)$/.test(code))).toEqual([]);
    },
  );

  it.each(['no session', 'no end'] as const)('has an end of its connection, with %s', async (malice) => {
    const host = await login(malice);
    await host.close();
    expect((await failure(host.run('true'))).code).toBe('SSH_LOST');
  });

  it('has an end where it leads no connection through, as a host and as a jump host', async () => {
    const server = await serve('no forwarding');
    const through = { ...access(server), address: '127.0.0.1', jump: `root@127.0.0.1:${server.port}`, port: 1 };
    const error = await failure(connect(through, { bounds: SHORT }));
    expect([error.code, error.exit]).toEqual(['SSH_UNREACHABLE', 4]);
    expect(error.message).toContain('no answer within 0.3 s');

    const host = await login('no close');
    expect((await failure(host.dial('127.0.0.1', 25))).code).toBe('SSH_SILENT');
  });

  it('is left at an interrupt while a jump host gives no answer', async () => {
    const server = await serve('no forwarding');
    const interrupt = new AbortController();
    const through = { ...access(server), jump: `root@127.0.0.1:${server.port}`, port: 1 };
    const connecting = failure(connect(through, { bounds: { ...SHORT, answer: 3_600_000 }, signal: interrupt.signal }));
    setTimeout(() => interrupt.abort(), 50);
    expect((await connecting).code).toBe('INTERRUPTED');
  });

  it('is not kept from a login by an agent that says nothing', async () => {
    const server = await serve('no close');
    const agentSocket = join(server.folder, 'agent.sock');
    const agent = createServer(() => undefined).listen(agentSocket);
    const { keyFile, ...withoutKey } = access(server);
    try {
      hosts.push(await connect(access(server), { bounds: SHORT, agentSocket }));
      const encrypted = join(server.folder, 'encrypted');
      execFileSync('cp', [keyFile ?? '', encrypted]);
      execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'a passphrase', '-f', encrypted], { stdio: 'ignore' });
      const error = await failure(connect({ ...withoutKey, keyFile: encrypted }, { bounds: SHORT, agentSocket }));
      expect(error.message).toContain('it is encrypted and the agent gave no answer within 1 s');
    } finally {
      agent.close();
    }
  });

  it('is not waited for with a FIFO in the place of a key', async () => {
    const server = await serve('no close');
    const keyFile = join(server.folder, 'fifo');
    execFileSync('mkfifo', [keyFile]);
    expect((await failure(connect({ ...access(server), keyFile }))).code).toBe('SSH_KEY');
  });
});

describe('the bounds', () => {
  it('let nobody wait for longer than two seconds at an interrupt', () => {
    expect(BOUNDS.interrupted).toBeLessThan(2_000);
    expect(BOUNDS.farewell).toBeLessThan(2_000);
  });
});
