import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/lib/settings/load.js';
import { ee } from './ee.js';

const VALUES = [
  'VPS1_IP=192.0.2.10',
  'VPS2_IP=198.51.100.10',
  'VPS3_IP=203.0.113.10',
  'BASE_DOMAIN=example.com',
  'SENDING_IPS=198.51.100.11-198.51.100.15',
  'PANEL_DOMAIN=panel.example.com',
  'MAILWIZZ_ADMIN_EMAIL=admin@example.com',
  'ENGINE_DOMAIN=api.example.com',
];
const SETS = VALUES.flatMap((value) => ['--set', value]);

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-init-'));
  file = join(folder, '.env.production');
});
afterEach(() => rm(folder, { recursive: true }));

describe('ee init', () => {
  it('[R11] writes a valid file of mode 600 with every secret made, and shows none of them', async () => {
    const { status, stdout, stderr } = await ee(['init', ...SETS], { cwd: folder });
    expect(status).toBe(0);
    expect(stdout).toContain(`Wrote ${file} (mode 600).`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['.env.production']);

    const settings = await loadSettings(file);
    expect(settings.sending.identities).toHaveLength(5);
    expect(settings.secrets).toHaveLength(8);
    for (const secret of settings.secrets) {
      expect(secret.reveal()).toMatch(/^[A-Za-z0-9]{32}$/);
      expect(stdout + stderr).not.toContain(secret.reveal());
    }
  });

  it('ends with what comes next, in order, and leaves out what is there', async () => {
    const { stderr } = await ee(
      ['init', ...SETS, '--set', 'SSH_KEY=id_ed25519', '--set', 'PMTA_PACKAGE=powermta.deb'],
      {
        cwd: folder,
      },
    );
    expect(stderr).toBe(
      `Next:\n  1. There is no SSH key at ${folder}/id_ed25519 yet (SSH_KEY): put it there.\n` +
        `  2. Bring the backup set into ${folder}/mailwizz-email-engine (BACKUP_DIR); it is not there yet.\n` +
        `  3. Bring the PowerMTA package to ${folder}/powermta.deb (PMTA_PACKAGE); it is not there yet.\n` +
        '  4. `ee verify` checks the backup set.\n',
    );
    for (const name of ['id_ed25519', 'powermta.deb']) await writeFile(join(folder, name), '');
    await mkdir(join(folder, 'mailwizz-email-engine'));
    expect((await ee(['init'], { cwd: folder })).stderr).toBe('Next: `ee verify` checks the backup set.\n');
  });

  it('changes nothing the second time, and says so', async () => {
    await ee(['init', ...SETS], { cwd: folder });
    const before = await readFile(file, 'utf8');
    const { status, stdout } = await ee(['init', '--json'], { cwd: folder });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ file, created: false, set: [], asked: [], generated: [] });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('completes a file and keeps its comments, values and line ends', async () => {
    const mine = `# mine\r\n${VALUES.join(' # note\r\n')}\r\nREDIS_PASSWORD=aPasswordOfMyOwn99\r\n`;
    await writeFile(file, mine, { mode: 0o600 });
    const { stdout } = await ee(['init', '--json', '--set', 'SSH_USER=deploy'], { cwd: folder });
    const document: unknown = JSON.parse(stdout);
    expect(document).toMatchObject({
      created: false,
      set: ['SSH_USER'],
      kept: expect.arrayContaining(['REDIS_PASSWORD']),
    });
    const completed = await readFile(file, 'utf8');
    expect(completed.startsWith(mine)).toBe(true);
    expect(completed.slice(mine.length)).toMatch(/^SSH_USER=deploy\r\nPMTA_SMTP_PASSWORD=\w{32}\r\n/);
    expect((await loadSettings(file)).engine.redisPassword.reveal()).toBe('aPasswordOfMyOwn99');
  });

  it('refuses another value for what is there, and leaves the file alone', async () => {
    await ee(['init', ...SETS], { cwd: folder });
    const before = await readFile(file, 'utf8');
    const { status, stderr } = await ee(['init', '--set', 'VPS1_IP=192.0.2.99'], { cwd: folder });
    expect([status, stderr]).toEqual([
      2,
      `Error: ${file} sets VPS1_IP already, to another value. It was left as it is.\n` +
        `Next: Change the line in ${file} yourself, or leave --set VPS1_IP out.\n`,
    ]);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('asks nothing without a terminal: it names what is missing and what to type, and writes nothing', async () => {
    const { status, stdout, stderr } = await ee(['init', ...SETS.slice(0, 8)], { cwd: folder });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(
      '4 settings are missing: SENDING_IPS, PANEL_DOMAIN, MAILWIZZ_ADMIN_EMAIL, ENGINE_DOMAIN.\n' +
        'Next: Give them: ee init --set VPS1_IP=192.0.2.10 --set VPS2_IP=198.51.100.10 --set VPS3_IP=203.0.113.10 ' +
        '--set BASE_DOMAIN=example.com --set SENDING_IPS=198.51.100.11-198.51.100.15 --set PANEL_DOMAIN=panel.example.com',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('writes nothing when the file would not be valid', async () => {
    const { status, stdout } = await ee(['init', '--json', ...SETS, '--set', 'DOMAIN9=mail9.example.com'], {
      cwd: folder,
    });
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'SETTINGS_DISAGREE',
        exit: 2,
        message: expect.stringContaining('  DOMAIN9 has no sending IP: there are 5'),
      },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not work on a file that others can read', async () => {
    await writeFile(file, '');
    await chmod(file, 0o644);
    const { status, stderr } = await ee(['init', ...SETS], { cwd: folder });
    expect([status, stderr]).toEqual([
      2,
      `Error: ${file} holds passwords and is open to other users (mode 644).\nNext: chmod 600 ${file}\n`,
    ]);
  });

  it('[R7] reads the file as data: what a shell would run stays text', async () => {
    const trap = `BACKUP_DIR=$(touch ${join(folder, 'owned')})\nSECRETS_DIR=\`touch ${join(folder, 'owned')}\`\n`;
    await writeFile(file, `${VALUES.join('\n')}\n${trap}`, { mode: 0o600 });
    await ee(['init'], { cwd: folder });
    expect(await readdir(folder)).toEqual(['.env.production']);
    expect((await loadSettings(file)).backup.dir).toBe(join(folder, `$(touch ${join(folder, 'owned')})`));
  });

  it('writes where --env-file says', async () => {
    const other = join(folder, 'lab.env');
    const { status } = await ee(['init', '--env-file', 'lab.env', ...SETS], { cwd: folder });
    expect(status).toBe(0);
    expect((await loadSettings(other)).file).toBe(other);
  });
});
