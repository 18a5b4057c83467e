import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { ee, type Ran } from '../contract/ee.js';
import { commandsIn } from '../support/doc-commands.js';
import { TestLab } from '../support/lab.js';
import { TestWorld } from '../support/world.js';

const lab = new TestLab('t-readme');
const readme = await readFile(join(packageRoot(), 'README.md'), 'utf8');
const steps = commandsIn(readme, 'ee').filter(({ section }) => section === 'The first deployment');

/** What the operator is asked for, or does by hand, in the lab's values. */
const ANSWERS = [
  ...['VPS1_IP', 'VPS2_IP', 'VPS3_IP', 'SENDING_IPS', 'BASE_DOMAIN', 'PANEL_DOMAIN', 'ENGINE_DOMAIN'],
  ...['MAILWIZZ_ADMIN_EMAIL', 'MAILWIZZ_PURCHASE_CODE', 'DNS_RESOLVERS', 'IP_BLOCKLISTS', 'NAME_BLOCKLISTS'],
  'ACME_DIRECTORY_URL',
];

function answers(): string[] {
  const values = [
    ...ANSWERS.map((name) => `${name}=${lab.setting(name)}`),
    `SSH_KEY=${join(lab.folder, 'id_ed25519')}`,
    `SSH_KNOWN_HOSTS=${join(lab.folder, 'known_hosts')}`,
    'PMTA_PACKAGE=packages/powermta.deb',
  ];
  return values.flatMap((value) => ['--set', value]);
}

/** The flags that stand for somebody at a terminal: the answers, and the yes to the plan. */
function withoutTerminal(typed: string): string[] {
  if (typed === 'init') return answers();
  return ['deploy all', 'mailwizz install', 'mailwizz servers', 'mailwizz key'].includes(typed) ? ['--yes'] : [];
}

describe('the first deployment of the README', () => {
  let folder: string;
  let projectBefore: string[];
  const ran = new Map<string, Ran>();

  beforeAll(async () => {
    // The world answers for the vendor of MailWizz, who is asked about its licence.
    await lab.up('packages', { world: true });
    projectBefore = await readdir(packageRoot());
    folder = await mkdtemp(join(tmpdir(), 'ee-readme-'));
    await cp(join(lab.folder, 'mailwizz-email-engine'), join(folder, 'mailwizz-email-engine'), { recursive: true });
    await mkdir(join(folder, 'packages'));
    await cp(join(lab.folder, lab.setting('PMTA_PACKAGE')), join(folder, 'packages', 'powermta.deb'));
  });
  afterAll(async () => {
    await lab.down();
    await rm(folder, { recursive: true, force: true });
  });

  it('has these steps', () => {
    expect(steps.map(({ words }) => words.join(' '))).toEqual([
      'init',
      'verify',
      'pmta render --ips 5 --out pmta.conf',
      'pmta check pmta.conf',
      'dkim generate',
      'dns records',
      'dns records --format bind --out records.zone',
      'dns check',
      'deploy all --dry-run',
      'deploy all',
      'mailwizz install',
      'mailwizz servers',
      'mailwizz key',
      'status',
      'mailwizz status',
      'deploy all --dry-run --exit-code',
    ]);
  });

  it.each(steps.map(({ words }) => words.join(' ')))('works: ee %s', async (typed) => {
    // What the operator does at the DNS host and at the provider of the addresses.
    if (typed === 'dns check')
      await (await TestWorld.of(lab)).publish(await readFile(join(folder, 'records.zone'), 'utf8'));
    const result = await ee([...typed.split(' '), ...withoutTerminal(typed)], { cwd: folder });
    ran.set(typed, result);
    expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
  });

  it('[R33] copies nothing of the backup set, and leaves only what was asked for', async () => {
    const left = ['.env.production', 'mailwizz-email-engine', 'packages', 'pmta.conf', 'records.zone', 'secrets'];
    expect((await readdir(folder)).sort()).toEqual(left);
    expect(await readdir(packageRoot())).toEqual(projectBefore);
    const secrets = await readdir(join(folder, 'secrets'), { recursive: true });
    expect(secrets.filter((file) => /licen[cs]e|config|\.tar|\.deb/.test(file))).toEqual([]);
  });

  it('leaves private files private', async () => {
    for (const file of ['.env.production', 'pmta.conf', 'secrets/dkim/mail1.lab.example/mail.pem']) {
      expect([file, (await stat(join(folder, file))).mode & 0o777]).toEqual([file, 0o600]);
    }
  });

  it('shows what it says that it shows', async () => {
    expect(ran.get('verify')?.stdout).toContain('VERIFIED');
    expect(ran.get('dns records')?.stdout).toContain(lab.sendingIp(5));
    expect(await readFile(join(folder, 'records.zone'), 'utf8')).toContain('mail._domainkey.mail5.lab.example.');
    expect(ran.get('mailwizz install')?.stdout).toContain('MailWizz 2.2.11 is installed, empty and proven');
    expect(await lab.sh('vps1', `mariadb -N -e 'SELECT COUNT(*) FROM mw_campaign' mailwizz_v2`)).toBe('0');
    // By their names, and with certificates that the hosts trust as any system would: the records led there before.
    const visit = (url: string): Promise<string> => lab.sh('vps2', `curl -sS -o /dev/null -w '%{http_code}' ${url}`);
    expect(await visit('https://panel.lab.example/')).toBe('200');
    expect(await visit('https://api.lab.example/health')).toBe('200');
  });

  it('keeps on the hosts what the README says', async () => {
    const kept = await lab.sh('vps2', 'stat -c "%U %a" /var/lib/ee; ls /var/lib/ee');
    expect(kept.split('\n')[0]).toBe('root 700');
    expect(kept.split('\n')).toEqual(expect.arrayContaining(['backups', 'journal.jsonl']));
    const [first = ''] = (await lab.sh('vps2', 'head -n 1 /var/lib/ee/journal.jsonl')).split('\n');
    expect(Object.keys(JSON.parse(first) as object).sort()).toEqual(['action', 'at', 'by', 'id', 'run', 'summary']);
  });
});
