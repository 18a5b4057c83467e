import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ee } from './ee.js';

const VALUES = [
  'VPS1_IP=192.0.2.10',
  'VPS2_IP=198.51.100.10',
  'VPS3_IP=203.0.113.10',
  'BASE_DOMAIN=example.com',
  'SENDING_IPS=198.51.100.11-198.51.100.12',
  'PANEL_DOMAIN=panel.example.com',
  'MAILWIZZ_ADMIN_EMAIL=admin@example.com',
  'ENGINE_DOMAIN=api.example.com',
];
const TO = ['--to', 'you@example.net'];

describe('ee send-test', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-send-test-'));
    await ee(['init', ...VALUES.flatMap((value) => ['--set', value])], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each<[string, string[], string]>([
    ['an address', [], 'needs --to ADDRESS'],
    ['one that is an address', ['--to', 'you', '--yes'], '--to you is not an e-mail address.'],
    ['a sender that there is', [...TO, '--sender', '3', '--yes'], 'There is no sender 3.'],
    ['a time', [...TO, '--timeout', 'soon', '--yes'], '--timeout soon is not a time.'],
  ])('needs %s', async (_, args, message) => {
    const { status, stdout, stderr } = await ee(['send-test', ...args], { cwd: folder });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('sends nothing unasked: without a terminal it needs --yes, and says how much it would send', async () => {
    const { status, stderr } = await ee(['send-test', ...TO], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toContain('Send 2 messages, one through each sender, to you@example.net?');
    expect(stderr).toContain('--yes');

    const one = await ee(['send-test', ...TO, '--sender', '2', '--json'], { cwd: folder });
    expect(one.status).toBe(2);
    expect(JSON.parse(one.stdout)).toMatchObject({ error: { code: 'USAGE', exit: 2 } });
    expect(one.stdout).toContain('Send one message to you@example.net?');
  });
});
