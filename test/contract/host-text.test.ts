import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HostileSshd, type Malice } from '../support/hostile-sshd.js';
import { ee, RUN } from './ee.js';

/** Controls but the line feed and the tab, marks of direction, and what takes no room. */
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;

describe('a host whose words would steer the terminal', () => {
  let folder: string;
  let server: HostileSshd;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-words-'));
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function hostWith(malice: Malice): Promise<void> {
    server = await HostileSshd.start(malice);
    const values = [
      'VPS1_IP=127.0.0.2',
      'VPS2_IP=127.0.0.1',
      'VPS3_IP=127.0.0.3',
      `SSH_PORT=${server.port}`,
      `SSH_KEY=${join(server.folder, 'key')}`,
      `SSH_KNOWN_HOSTS=${join(server.folder, 'known_hosts')}`,
      'BASE_DOMAIN=example.com',
      'SENDING_IPS=198.51.100.11',
      'PANEL_DOMAIN=panel.example.com',
      'MAILWIZZ_ADMIN_EMAIL=admin@example.com',
      'ENGINE_DOMAIN=api.example.com',
    ];
    const { status, stderr } = await ee(['init', ...values.flatMap((value) => ['--set', value])], { cwd: folder });
    expect(status, stderr).toBe(0);
  }

  it.each<[string[], Malice]>([
    [['pmta', 'status'], 'steering words'],
    [['rollback', 'vps2', '--list'], 'steering last words'],
    [['rollback', 'vps2', '--list', '--verbose'], 'steering last words'],
    [['rollback', 'vps2', '--list', '--json'], 'steering last words'],
  ])('steers nothing in `ee %s`, with %s', async (args, malice) => {
    await hostWith(malice);
    const { status, stdout, stderr } = await ee(args, { cwd: folder });
    expect(stdout + stderr).not.toMatch(HARMFUL);
    if (malice === 'steering last words') expect(stdout + stderr).toMatch(/\\(x1b|u001b)\[2J/);
    expect(status).toBeGreaterThan(0);
  });

  it('is watched as long as somebody reads: `ee pmta status --watch` ends quietly with its reader, with status 130', async () => {
    await hostWith('steering words');
    const child = spawn(process.execPath, ['--', RUN, 'pmta', 'status', '--watch', '--interval', '86400', '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const document = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
    expect(JSON.parse(document.toString())).toMatchObject({ host: 'vps2' });
    // The next look is a day away.
    child.stdout.destroy();
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect([status, stderr]).toEqual([130, '']);
  });
});
