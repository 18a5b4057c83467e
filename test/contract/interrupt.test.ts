import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostileSshd, type Malice } from '../support/hostile-sshd.js';
import { ee, RUN } from './ee.js';

/** Far longer than Ctrl-C may take on a loaded machine, and far shorter than anything that a command waits for by itself. */
const DEADLINE_MS = 12_000;

describe('Ctrl-C at a host that does not answer', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-interrupt-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Settings whose host of that number is the server; nothing listens at the others. */
  async function settingsFor(server: HostileSshd, number: number): Promise<void> {
    const values = [
      ...[1, 2, 3].map((host) => `VPS${host}_IP=127.0.0.${host === number ? 1 : host + 1}`),
      `SSH_PORT=${server.port}`,
      `SSH_KEY=${join(server.folder, 'key')}`,
      `SSH_KNOWN_HOSTS=${join(server.folder, 'known_hosts')}`,
      'BASE_DOMAIN=example.com',
      'SENDING_IPS=198.51.100.11-198.51.100.12',
      'PANEL_DOMAIN=panel.example.com',
      'MAILWIZZ_ADMIN_EMAIL=admin@example.com',
      'ENGINE_DOMAIN=api.example.com',
    ];
    const { status, stderr } = await ee(['init', ...values.flatMap((value) => ['--set', value])], { cwd: folder });
    expect(status, stderr).toBe(0);
  }

  it.each<[string[], Malice]>([
    [['status'], 'no session'],
    [['status', '--json'], 'no end'],
    [['mailwizz', 'status'], 'no start'],
    [['pmta', 'status'], 'flood of lines on stderr'],
    [['pmta', 'status'], 'no close'],
  ])('`ee %s` ends with status 130, with %s', async (args, malice) => {
    const server = await HostileSshd.start(malice);
    await settingsFor(server, args[0] === 'pmta' ? 2 : 1);
    const child = spawn(process.execPath, ['--', RUN, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.once('close', (...how: [number | null, NodeJS.Signals | null]) => resolve(how)),
    );
    await Promise.race([server.misbehaving, ended]);
    child.kill('SIGINT');
    const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    expect([...(await ended), output]).toEqual([130, null, expect.stringContaining('Interrupted during ')]);
    clearTimeout(deadline);
    await server.stop();
  });
});
