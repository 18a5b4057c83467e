import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ee } from './ee.js';

let folder: string;
let settings: string;
beforeAll(async () => {
  const made = await mkdtemp(join(tmpdir(), 'ee-dkim-dns-'));
  const values = [
    'VPS1_IP=192.0.2.10',
    'VPS2_IP=198.51.100.10',
    'VPS3_IP=203.0.113.10',
    'BASE_DOMAIN=example.com',
    'SENDING_IPS=198.51.100.11-198.51.100.12',
    'PANEL_DOMAIN=panel.example.com',
    'MAILWIZZ_ADMIN_EMAIL=admin@example.com',
    'ENGINE_DOMAIN=api.example.com',
    // Nobody listens there: the answer of this machine is that at once.
    'DNS_RESOLVERS=127.0.0.1:9',
  ];
  const { status } = await ee(['init', ...values.flatMap((value) => ['--set', value])], { cwd: made });
  expect(status).toBe(0);
  settings = await readFile(join(made, '.env.production'), 'utf8');
  await rm(made, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-dkim-dns-'));
  await writeFile(join(folder, '.env.production'), settings, { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keyOf = (index: number): string => join(folder, 'secrets', 'dkim', `mail${index}.example.com`, 'mail.pem');

describe('ee dkim generate', () => {
  it('[R62] makes the keys once, and shows where they are and that they are kept', async () => {
    const first = await ee(['dkim', 'generate', '--ips', '1', '--json'], { cwd: folder });
    expect(first.status).toBe(0);
    expect(JSON.parse(first.stdout)).toEqual({
      keys: [{ domain: 'mail1.example.com', selector: 'mail', file: keyOf(1), created: true }],
    });
    const pem = await readFile(keyOf(1), 'utf8');
    expect(pem).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    expect((await stat(keyOf(1))).mode & 0o777).toBe(0o600);

    const second = await ee(['dkim', 'generate'], { cwd: folder });
    expect(second.stdout.split('\n')).toEqual([
      'DOMAIN             SELECTOR  KEY      FILE',
      `mail1.example.com  mail      kept     ${keyOf(1)}`,
      `mail2.example.com  mail      created  ${keyOf(2)}`,
      '',
    ]);
    expect(second.stderr).toContain('DNS does not tell whether it has a key already under:');
    expect(second.stderr).toMatch(/\nPublish the new records: ee dns records\n$/);
    expect(await readFile(keyOf(1), 'utf8')).toBe(pem);
  });

  it('refuses to make keys for more sending IPs than there are', async () => {
    const { status, stdout, stderr } = await ee(['dkim', 'generate', '--ips', '3'], { cwd: folder });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('--ips 3 asks for more sending IPs than the settings have (2).');
    expect(await readdir(folder)).toEqual(['.env.production']);
  });
});

describe('ee dns records', () => {
  it('[R87] names the command to run when there is no key, and prints no record', async () => {
    const { status, stdout } = await ee(['dns', 'records', '--json'], { cwd: folder });
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'DKIM_KEY_MISSING',
        exit: 2,
        message: `There are no DKIM keys for mail1.example.com, mail2.example.com in ${join(folder, 'secrets')}.`,
        hint: 'If there were keys once, correct SECRETS_DIR, bring your copy back, or let `ee dkim recover` bring them from VPS2. Otherwise run `ee dkim generate`; it keeps the keys that exist.',
      },
    });
  });

  it('[R87] fails for the key of one domain alone: what is known is printed, the record is none, and the status says so', async () => {
    await ee(['dkim', 'generate', '--ips', '1'], { cwd: folder });
    const { status, stdout, stderr } = await ee(['dns', 'records', '--format', 'bind'], { cwd: folder });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^mail\._domainkey\.mail1\.example\.com\. \d+ IN TXT/m);
    expect(stdout).toMatch(/^mail2\.example\.com\. \d+ IN A/m);
    expect(stdout).not.toMatch(/^[^;].*_domainkey\.mail2/m);
    expect(stderr).toContain(
      'Missing: TXT _domainkey.mail2.example.com. There is no DKIM key for mail2.example.com in',
    );
    const json = await ee(['dns', 'records', '--json'], { cwd: folder });
    const { unread } = JSON.parse(json.stdout) as { unread: unknown[] };
    expect([json.status, unread]).toMatchObject([
      1,
      [{ type: 'TXT', name: '_domainkey.mail2.example.com', domain: 'mail2.example.com' }],
    ]);
  });

  it('[R90] gives the same records as one JSON document, as a zone file and as a file for Cloudflare', async () => {
    await ee(['dkim', 'generate'], { cwd: folder });
    const document = await ee(['dns', 'records', '--json'], { cwd: folder });
    const format = await ee(['dns', 'records', '--format', 'json'], { cwd: folder });
    expect(JSON.parse(format.stdout)).toEqual(JSON.parse(document.stdout));
    const { records } = JSON.parse(document.stdout) as {
      records: { type: string; value: string; strings?: string[] }[];
    };
    const dkim = records.find(({ value }) => value.startsWith('v=DKIM1'));
    expect(dkim?.strings?.map((string) => string.length)).toEqual([255, 155]);

    const written = join(folder, 'records.txt');
    const out = await ee(['dns', 'records', '--format', 'cloudflare', '--out', written], { cwd: folder });
    expect({ status: out.status, stdout: out.stdout }).toEqual({ status: 0, stdout: '' });
    const lines = (await readFile(written, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(records.length);
    expect(lines[0]).toBe('mail1.example.com. 3600 IN A 198.51.100.11 ; cf_tags=cf-proxied:false');

    const bind = await ee(['dns', 'records', '--format', 'bind'], { cwd: folder });
    expect(bind.stdout).toContain(`IN TXT "${dkim?.strings?.[0]}" "${dkim?.strings?.[1]}"\n`);
  });

  it('[R93] calls nothing good that nobody answers for: --diff is exit 3, and every record is unknown', async () => {
    await ee(['dkim', 'generate'], { cwd: folder });
    const { status, stdout } = await ee(['dns', 'records', '--diff', '--json'], { cwd: folder });
    const { differences, right } = JSON.parse(stdout) as { differences: { action: string }[]; right: number };
    expect({ status, right }).toEqual({ status: 3, right: 0 });
    // Of two IPs: five records each, DMARC, CAA, three of each web name, the reverse names, and two names without AAAA.
    expect(differences.map(({ action }) => action)).toEqual(Array.from({ length: 22 }, () => 'unknown'));
  });

  it('says why a file cannot be written', async () => {
    await ee(['dkim', 'generate'], { cwd: folder });
    await writeFile(join(folder, 'taken'), '');
    const { status, stderr } = await ee(['dns', 'records', '--out', join(folder, 'taken', 'x')], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toContain(`${join(folder, 'taken', 'x')} cannot be written: ENOTDIR`);
  });
});
