import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ee } from './ee.js';

let folder: string;
let settings: string;
beforeAll(async () => {
  const made = await mkdtemp(join(tmpdir(), 'ee-rotate-'));
  const values = [
    'VPS1_IP=192.0.2.10',
    'VPS2_IP=198.51.100.10',
    'VPS3_IP=203.0.113.10',
    'BASE_DOMAIN=example.com',
    'SENDING_IPS=198.51.100.11-198.51.100.12',
    'PANEL_DOMAIN=panel.example.com',
    'MAILWIZZ_ADMIN_EMAIL=admin@example.com',
    'ENGINE_DOMAIN=api.example.com',
    // Nobody listens there: no name server is asked.
    'DNS_RESOLVERS=127.0.0.1:9,127.0.0.2:9',
  ];
  await ee(['init', ...values.flatMap((value) => ['--set', value])], { cwd: made });
  settings = await readFile(join(made, '.env.production'), 'utf8');
  await rm(made, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-rotate-'));
  await writeFile(join(folder, '.env.production'), settings, { mode: 0o600 });
  await ee(['dkim', 'generate'], { cwd: folder });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keyFolder = (index = 1): string => join(folder, 'secrets', 'dkim', `mail${index}.example.com`);
const rotate = async (...args: string[]) => {
  const { status, stdout } = await ee(['dkim', 'rotate', '--json', ...args], { cwd: folder });
  return { status, document: JSON.parse(stdout) as Record<string, unknown> };
};

describe('ee dkim rotate', () => {
  it('begins nothing unasked, and says how one begins', async () => {
    expect(await rotate()).toEqual({
      status: 0,
      document: { dryRun: false, timedOut: false, domains: [], failed: [] },
    });
    expect((await ee(['dkim', 'rotate'], { cwd: folder })).stdout).toBe(
      'No rotation is under way. `ee dkim rotate --all` begins one; so does --domain DOMAIN.\n',
    );
    expect((await rotate('--emergency')).status).toBe(2);
    expect(await rotate('--domain', 'mail9.example.com')).toMatchObject({
      status: 2,
      document: {
        error: { code: 'DKIM_DOMAIN_UNKNOWN', hint: 'They are: mail1.example.com, mail2.example.com.' },
      },
    });
    expect(await rotate('--domain', '')).toMatchObject({
      status: 2,
      document: { error: { message: '--domain names no domain.' } },
    });
    expect(await readdir(keyFolder())).toEqual(['mail.pem']);
  });

  it('means a domain in any case, and with the dot at its end', async () => {
    const { document } = await rotate('--domain', 'MAIL1.example.com.', '--dry-run');
    expect(document).toMatchObject({ domains: [{ domain: 'mail1.example.com' }] });
  });

  it('[R62] lets a domain fail alone whose ledger is not right, says which line that is, and goes on with the others', async () => {
    await rotate('--all');
    const ledger = join(keyFolder(), 'ledger.jsonl');
    const lines = (await readFile(ledger, 'utf8')).split('\n');
    await writeFile(ledger, [lines[0], 'not JSON', ...lines.slice(1)].join('\n'));
    const { status, document } = await rotate();
    expect(status).toBe(1);
    expect(document).toMatchObject({
      domains: [{ domain: 'mail2.example.com', waits: [{ for: 'answers' }] }],
      failed: [
        {
          domain: 'mail1.example.com',
          code: 'DKIM_LEDGER_BROKEN',
          message: `${ledger}, line 2 cannot be right: it is no JSON. So it is not known which key of this domain signs. Nothing was changed.`,
          hint: 'Nobody but ee writes into this file. Bring it back from your own copy, the newest there is; no line of it may be left out.',
        },
      ],
    });
  });

  it('[R62] gives up a key that was lost before it signed, and makes another one in its place', async () => {
    await rotate('--domain', 'mail1.example.com');
    const [, lost = ''] = (await readdir(keyFolder())).filter((name) => name.endsWith('.pem'));
    await rm(join(keyFolder(), lost));
    const { status, document } = await rotate();
    expect(status).toBe(0);
    const selector = lost.slice(0, -'.pem'.length);
    expect(document).toMatchObject({
      domains: [
        {
          keys: [
            { selector: 'mail', state: 'active' },
            { selector, state: 'removed' },
            { selector: `${selector}b`, state: 'generated' },
          ],
        },
      ],
    });
  });

  it('says at the end of --timeout that DNS does not have yet what is needed', async () => {
    const args = ['dkim', 'rotate', '--domain', 'mail1.example.com', '--wait', '--timeout', '1s'];
    const { status, stderr } = await ee(args, { cwd: folder });
    expect(status).toBe(3);
    expect(stderr).toContain(
      '--timeout ends before DNS has, for long enough, what is needed: `ee dkim rotate` goes on.',
    );
  });

  it('makes no folder where SECRETS_DIR is not there', async () => {
    await rm(join(folder, 'secrets'), { recursive: true });
    expect(await rotate('--all')).toMatchObject({
      status: 1,
      document: { failed: [{ code: 'DKIM_KEY_MISSING' }, {}] },
    });
    expect(await readdir(folder)).toEqual(['.env.production']);
  });

  it('refuses to trust one resolver alone', async () => {
    await writeFile(join(folder, '.env.production'), settings.replace(/^(DNS_RESOLVERS=[^,]*),.*$/m, '$1'));
    expect(await rotate('--all')).toMatchObject({ status: 2, document: { error: { code: 'DKIM_RESOLVERS_FEW' } } });
  });

  it('[R64] [R87] makes a key, says which record to publish, and waits where nobody answers', async () => {
    const dry = await rotate('--domain', 'mail1.example.com', '--dry-run');
    expect(dry).toMatchObject({ status: 0, document: { dryRun: true } });
    expect(await readdir(keyFolder())).toEqual(['mail.pem']);

    const { status, document } = await rotate('--domain', 'mail1.example.com');
    expect(status).toBe(0);
    const [one] = document['domains'] as [Record<string, unknown>];
    const selector = `s${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
    expect(one).toMatchObject({
      domain: 'mail1.example.com',
      active: 'mail',
      keys: [
        { selector: 'mail', state: 'active' },
        { selector, state: 'generated' },
      ],
      waits: [{ selector, for: 'answers', until: null }],
      records: [
        {
          action: 'publish',
          type: 'TXT',
          name: `${selector}._domainkey.mail1.example.com`,
          ttl: 3600,
          value: expect.stringMatching(/^v=DKIM1; k=rsa; p=MIIB/) as string,
        },
      ],
      failure: null,
    });
    const records = await ee(['dns', 'records'], { cwd: folder });
    expect(records.stdout.match(/\S+(?=\._domainkey\.mail1\.)/g)).toEqual(['mail', selector]);

    // The next run continues it, and makes no other key.
    await rotate();
    expect(await readdir(keyFolder())).toEqual(['ledger.jsonl', 'mail.pem', `${selector}.pem`]);
    expect(await readdir(keyFolder(2))).toEqual(['mail.pem']);
  });
});

describe('ee dkim status', () => {
  const status = async (...args: string[]) => ee(['dkim', 'status', ...args], { cwd: folder });
  const aged = async (days: number) => {
    const then = new Date(Date.now() - days * 86_400_000);
    await utimes(join(keyFolder(), 'mail.pem'), then, then);
  };

  it('shows each domain with its keys, and what is next, without a network', async () => {
    await rotate('--domain', 'mail2.example.com');
    const { status: exit, stdout } = await status();
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /^mail1\.example\.com\n {2}mail {9}active, 0 days old\nmail2\.example\.com\n {2}mail {9}active, 0 days old\n {2}s\d{8} {4}generated since .* UTC\n {2}… s\d{8} goes on with `ee dkim rotate`, which asks DNS\n$/,
    );
  });

  it('says that the file of the active key is lost or another one, and the way out, with status 3', async () => {
    await rotate('--all');
    await rm(join(keyFolder(), 'mail.pem'));
    await writeFile(join(keyFolder(2), 'mail.pem'), 'no key');
    const { status: exit, stdout } = await status();
    expect(exit).toBe(3);
    expect(stdout).toContain(
      `  ! mail: its file ${join(keyFolder(), 'mail.pem')} is lost: it is missing. VPS2 has the key and goes on signing. Bring the file back from your own copy, or with \`ee dkim recover\` from VPS2; or replace the key: \`ee dkim rotate --domain mail1.example.com\`\n`,
    );
    expect(stdout).toContain(`${join(keyFolder(2), 'mail.pem')} is lost: it holds no private key in PEM. VPS2 has`);
    expect((await rotate('--all')).status).toBe(0);
  });

  it('tells of the other domains where one has no key', async () => {
    await rm(keyFolder(2), { recursive: true });
    const { status: exit, stdout } = await status('--json');
    expect(exit).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      domains: [{ domain: 'mail1.example.com', active: 'mail' }],
      failed: [{ domain: 'mail2.example.com', code: 'DKIM_KEY_MISSING' }],
    });
    await rm(keyFolder(), { recursive: true });
    expect(await status()).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(join(folder, 'secrets')) as string,
    });
  });

  it('warns of a key of 150 days, and has status 3 from 190 days on', async () => {
    await aged(151);
    expect(await status()).toMatchObject({
      status: 0,
      stderr: 'Due: mail1.example.com. Next: ee dkim rotate --domain DOMAIN, or --all.\n',
    });
    await aged(191);
    const { status: exit, stdout } = await status('--json');
    expect(exit).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      domains: [
        { domain: 'mail1.example.com', active: 'mail', age: 'overdue', days: 191, next: [] },
        { domain: 'mail2.example.com', age: 'fresh', days: 0 },
      ],
    });
  });
});
