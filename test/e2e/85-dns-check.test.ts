import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CheckReport } from '../../src/lib/dns/check/run.js';
import { TestLab, ee } from '../support/lab.js';
import { TestWorld } from '../support/world.js';

const lab = new TestLab('t-dns-check');
let world: TestWorld;
/** The zone text of what is right. */
let right: string;

beforeAll(async () => {
  await lab.up('packages', { hosts: [], world: true });
  world = await TestWorld.of(lab);
  expect((await lab.ee('dkim', 'generate')).exit).toBe(0);
  right = await world.records();
});
afterAll(() => lab.down());
afterEach(async () => {
  await world.heal();
  await world.memory('second');
  await world.unlist();
});

const host = (index: number): string => `mail${index}.lab.example`;
const reverse = (index: number): string => `${lab.sendingIp(index).split('.').reverse().join('.')}.in-addr.arpa`;
const key = (index: number): string => `mail._domainkey.${host(index)}`;

/** A change of a zone text. */
type Edit = (zone: string) => string;

/** Puts these values in the place of the records of a name and type; none leaves no such record. */
const set =
  (name: string, type: string, ...values: string[]): Edit =>
  (zone) =>
    [
      ...zone.split('\n').filter((line) => !(line.startsWith(`${name}. `) && line.includes(` IN ${type} `))),
      ...values.map((value) => `${name}. 60 IN ${type} ${value}`),
    ].join('\n') + '\n';
const text = (value: string): string =>
  (value.match(/.{1,255}/g) ?? ['']).map((part) => `"${part.replaceAll('"', '\\"')}"`).join(' ');
const edited = (...edits: Edit[]): string => edits.reduce((zone, edit) => edit(zone), right);

/** The value of a key's record as it should be. */
function recordOf(index: number): string {
  const line = right.split('\n').find((one) => one.startsWith(`${key(index)}. `)) ?? '';
  return [...line.matchAll(/"([^"]*)"/g)].map(([, part]) => part).join('');
}

async function check(
  ...args: string[]
): Promise<{ exit: number | undefined; report: CheckReport; problems: string[] }> {
  const result = await lab.ee('dns', 'check', '--json', ...args);
  const report = result.json<CheckReport>();
  const problems = report.checks.filter(({ verdict }) => verdict !== 'ok').map((one) => `${one.host} ${one.code}`);
  return { exit: result.exit, report, problems: problems.sort() };
}

/** Publishes the right records with these faults; all that is found, and nothing else, must be these. */
async function finds(faults: readonly (readonly [edit: Edit, problem: string])[], exit = 3): Promise<CheckReport> {
  await world.publish(edited(...faults.map(([edit]) => edit)));
  const found = await check();
  expect(found.problems).toEqual(faults.flatMap(([, problem]) => (problem === '' ? [] : [problem])).sort());
  expect(found.exit).toBe(exit);
  return found.report;
}

describe('ee dns check', () => {
  it('[R93] is green on the records that `ee lab publish` publishes, and says who said so', async () => {
    expect((await lab.ee('lab', 'publish', '--name', lab.name)).exit).toBe(0);
    const { exit, report, problems } = await check();
    expect([exit, problems]).toEqual([0, []]);
    expect(report.totals).toEqual({ checks: 55, ok: 55, wrong: 0, missing: 0, undetermined: 0, failed: 0 });
    const { ns1, ns2 } = world.addresses.nameServers;
    const resolvers = Object.values(world.addresses.resolvers);
    const reverseName = report.checks.find(({ code, name }) => code === 'ptr' && name === reverse(3));
    expect(reverseName?.seen.map(({ server, values }) => [server, values])).toEqual(
      [`ns1.lab.example (${ns1})`, `ns2.lab.example (${ns2})`, ...resolvers].map((server) => [server, [host(3)]]),
    );
    const { stdout } = await lab.ee('dns', 'check');
    expect(stdout).toMatch(/^ {2}mail1\.lab\.example: a, ptr, spf, dkim, .*$/m);
    expect(stdout).toMatch(/^55 checks: 55 right\. Nothing that is required fails\.$/m);
  });

  it('[R93] finds a name that is missing, wrong or double, and tells the record to add', async () => {
    const report = await finds([
      [set(host(1), 'A'), 'mail1.lab.example a-missing'],
      [set(host(2), 'A', '192.0.2.9'), 'mail2.lab.example a-wrong'],
      [set(host(3), 'A', lab.sendingIp(3), '192.0.2.9'), 'mail3.lab.example a-several'],
      [set('panel.lab.example', 'A', '192.0.2.9'), 'panel.lab.example web-wrong'],
      [set('api.lab.example', 'A'), 'api.lab.example web-missing'],
      [set(host(4), 'AAAA', '2001:db8::4'), 'mail4.lab.example aaaa-present'],
      [set('api.lab.example', 'MX'), 'api.lab.example no-mail-mx-missing'],
      [set('panel.lab.example', 'TXT', text('v=spf1 a -all')), 'panel.lab.example no-mail-spf-wrong'],
    ]);
    expect(report.checks.find(({ code }) => code === 'a-missing')).toMatchObject({
      verdict: 'missing',
      severity: 'required',
      fix: { value: lab.sendingIp(1), line: `mail1.lab.example. 3600 IN A ${lab.sendingIp(1)}` },
    });
  });

  it('[R93] finds a reverse name that is missing, wrong or double', async () => {
    await finds([
      [set(reverse(1), 'PTR'), 'mail1.lab.example ptr-missing'],
      [set(reverse(2), 'PTR', 'static-102.provider.example.'), 'mail2.lab.example ptr-wrong'],
      [set(reverse(3), 'PTR', `${host(3)}.`, `${host(4)}.`), 'mail3.lab.example ptr-several'],
    ]);
  });

  it('[R92] finds SPF that is missing, double, open, for another IP, or by reverse name', async () => {
    const ip = lab.sendingIp;
    await finds([
      [set(host(1), 'TXT'), 'mail1.lab.example spf-missing'],
      [
        set(host(2), 'TXT', text(`v=spf1 ip4:${ip.call(lab, 2)} -all`), text('v=spf1 -all')),
        'mail2.lab.example spf-several',
      ],
      [set(host(3), 'TXT', text('v=spf1 +all')), 'mail3.lab.example spf-open'],
      [set(host(4), 'TXT', text('v=spf1 ip4:192.0.2.9 -all')), 'mail4.lab.example spf-not-pass'],
      [set(host(5), 'TXT', text(`v=spf1 ip4:${ip.call(lab, 5)} ptr -all`)), 'mail5.lab.example spf-ptr'],
    ]);
  });

  it('[R92] finds SPF that is neutral to all, has no end, a mistake, or asks too much', async () => {
    const names = Array.from({ length: 11 }, (_, at) => `i${at}.lab.example`);
    const ip = (index: number): string => `ip4:${lab.sendingIp(index)}`;
    await finds([
      ...names.map((name) => [set(name, 'TXT', text('v=spf1 -all')), ''] as const),
      [
        set(host(1), 'TXT', text(`v=spf1 ${ip(1)} ${names.map((name) => `include:${name}`).join(' ')} -all`)),
        'mail1.lab.example spf-lookups',
      ],
      [set(host(2), 'TXT', text(`v=spf1 ${ip(2)} ?all`)), 'mail2.lab.example spf-open'],
      [set(host(3), 'TXT', text(`v=spf1 ${ip(3)}`)), 'mail3.lab.example spf-no-all'],
      [
        set(host(4), 'TXT', text(`v=spf1 ${ip(4)} a:x1.lab.example a:x2.lab.example a:x3.lab.example -all`)),
        'mail4.lab.example spf-void',
      ],
      [set(host(5), 'TXT', text(`v=spf1 ip:${lab.sendingIp(5)} -all`)), 'mail5.lab.example spf-invalid'],
    ]);
  });

  it('finds a key that is missing, another one, cut, quoted or double', async () => {
    const report = await finds([
      [set(key(1), 'TXT'), 'mail1.lab.example dkim-missing'],
      [set(key(2), 'TXT', text(recordOf(3))), 'mail2.lab.example dkim-other-key'],
      [set(key(3), 'TXT', text(recordOf(3).slice(0, 255))), 'mail3.lab.example dkim-cut'],
      [set(key(4), 'TXT', text(recordOf(4).replace(/^(.{200})/, '$1" "'))), 'mail4.lab.example dkim-quotes'],
      [set(key(5), 'TXT', text(recordOf(5)), text(recordOf(4))), 'mail5.lab.example dkim-several'],
    ]);
    const missing = report.checks.find(({ code }) => code === 'dkim-missing');
    expect(missing?.fix?.value).toBe(recordOf(1));
    expect(missing?.fix?.line).toMatch(
      /^mail\._domainkey\.mail1\.lab\.example\. 3600 IN TXT "v=DKIM1; [^"]{246}" "[^"]+"$/,
    );
  });

  it('finds a key that is revoked, a test or in a form of few; and MX that leads nowhere', async () => {
    const pkcs1 = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      type: 'pkcs1',
      format: 'der',
    });
    await finds([
      [set(key(1), 'TXT', text('v=DKIM1; k=rsa; p=')), 'mail1.lab.example dkim-revoked'],
      [set(key(2), 'TXT', text(recordOf(2).replace('k=rsa;', 'k=rsa; t=y;'))), 'mail2.lab.example dkim-testing'],
      [set(key(3), 'TXT', text(`v=DKIM1; p=${pkcs1.toString('base64')}`)), 'mail3.lab.example dkim-invalid'],
      [set(host(3), 'MX'), 'mail3.lab.example mx-missing'],
      [set('mx.lab.example', 'CNAME', `${host(4)}.`), ''],
      [set(host(4), 'MX', '10 mx.lab.example.'), 'mail4.lab.example mx-alias'],
      [set(host(5), 'MX', `10 ${lab.sendingIp(5)}.`), 'mail5.lab.example mx-literal'],
      [set(host(2), 'MX', '10 nowhere.lab.example.'), 'mail2.lab.example mx-unresolved'],
      [set(host(1), 'MX', '10 mx.inbox.example.'), 'mail1.lab.example mx-elsewhere'],
    ]);
  });

  it('finds a policy that is missing, and TLS reporting and MTA-STS that are not right', async () => {
    await finds([
      [set('_dmarc.lab.example', 'TXT'), 'lab.example dmarc-missing'],
      [set(`_smtp._tls.${host(1)}`, 'TXT'), 'mail1.lab.example tls-rpt-missing'],
      [set(`_smtp._tls.${host(2)}`, 'TXT', text('v=TLSRPTv1; rua=postmaster')), 'mail2.lab.example tls-rpt-invalid'],
      [set(`_mta-sts.${host(3)}`, 'TXT', text('v=STSv1; id=')), 'mail3.lab.example mta-sts-invalid'],
      [set(`_dmarc.${host(4)}`, 'TXT', text('p=none')), ''],
      [set('lab.example', 'MX', '0 .'), 'lab.example postmaster-mx-missing'],
    ]);
  });

  it('finds policies that are double, malformed or no policy, and reports to who did not agree', async () => {
    const reports = 'rua=mailto:a@lab.example';
    await finds([
      [
        set(`_dmarc.${host(1)}`, 'TXT', text(`v=DMARC1; p=none; ${reports}`), text('v=DMARC1; p=reject')),
        'mail1.lab.example dmarc-several',
      ],
      [set(`_dmarc.${host(2)}`, 'TXT', text(`v=DMARC1; p=nothing; ${reports}`)), 'mail2.lab.example dmarc-policy'],
      [set(`_dmarc.${host(3)}`, 'TXT', text('p=none; v=DMARC1')), 'mail3.lab.example dmarc-invalid'],
      [
        set('_dmarc.lab.example', 'TXT', text('v=DMARC1; p=none; rua=mailto:a@second.example')),
        'lab.example dmarc-reports-refused',
      ],
    ]);
  });

  it('does not fail for what is only recommended', async () => {
    const policy = 'v=DMARC1; p=none; pct=50; rua=mailto:a@lab.example';
    await finds([[set('_dmarc.lab.example', 'TXT', text(policy)), 'lab.example dmarc-removed-tag']], 0);
  });

  it('finds CAA that forbids the authority of the settings', async () => {
    const file = join(lab.folder, 'letsencrypt.env');
    const settings = await readFile(lab.settingsFile, 'utf8');
    const directory = 'ACME_DIRECTORY_URL=https://acme-v02.api.letsencrypt.org/directory';
    await writeFile(file, settings.replace(/^ACME_DIRECTORY_URL=.*$/m, directory), { mode: 0o600 });
    const problems = async (): Promise<string[]> => {
      const { checks } = (await ee('dns', 'check', '--json', '--env-file', file)).json<CheckReport>();
      return checks.filter(({ verdict }) => verdict !== 'ok').map(({ host: about, code }) => `${about} ${code}`);
    };
    await world.publish(edited(set('lab.example', 'CAA', '0 issue "other.example"')));
    expect(await problems()).toEqual(['panel.lab.example caa-forbids', 'api.lab.example caa-forbids']);
    await world.publish(edited(set('lab.example', 'CAA', '0 issue "letsencrypt.org"')));
    expect(await problems()).toEqual([]);
  });

  it('finds a name server that is stale, in the record in which it is', async () => {
    await world.publish(right);
    await world.publish(edited(set(key(2), 'TXT', text(recordOf(1)))), ['ns2']);
    const { problems, report } = await check();
    expect(problems).toEqual(['mail2.lab.example name-servers-differ']);
    expect(report.checks.find(({ verdict }) => verdict === 'wrong')?.message).toMatch(
      /^The name servers of mail2\.lab\.example disagree|^The name servers of lab\.example disagree about the TXT record of mail\._domainkey\.mail2/,
    );
    const alone = await check('--server', world.addresses.nameServers.ns2, '--only', host(2));
    expect(alone.problems).toEqual(['mail2.lab.example dkim-other-key']);
    expect((await check('--server', world.addresses.nameServers.ns1, '--only', host(2))).problems).toEqual([]);
  });

  it('says of a resolver that still has the old answer for how long it may', async () => {
    await world.memory('ttl');
    await world.publish(edited(set(host(1), 'A', '192.0.2.9')));
    await world.ask('resolver1').resolve4(host(1));
    await world.publish(right);
    const { problems, report } = await check('--only', host(1));
    expect(problems).toEqual(['mail1.lab.example not-propagated']);
    expect(report.checks.find(({ code }) => code === 'not-propagated')?.message).toMatch(
      /10\.77\.\d+\.4 still says "192\.0\.2\.9", for up to \d+ s\.$/,
    );
  });

  it.each([
    ['does not answer', { kind: 'silent' }],
    ['is lame', { kind: 'refusing', zone: 'lab.example' }],
  ] as const)(
    '[R93] takes no silence for an answer: a name server that %s leaves all undetermined',
    async (_how, fault) => {
      await world.publish(right);
      await world.fault('ns2', fault);
      const { exit, report } = await check('--only', host(1));
      const zone = report.checks.filter(({ name }) => !name.endsWith('.arpa'));
      expect(new Set(zone.map(({ code, verdict }) => `${code} ${verdict}`))).toEqual(
        new Set(['name-server-silent undetermined']),
      );
      expect([exit, zone.length]).toEqual([3, 8]);
    },
  );

  it('names a server that is down once, with all that depends on it', async () => {
    await world.publish(right);
    await world.fault('ns2', { kind: 'failing', zone: 'lab.example' });
    const { stdout, exit } = await lab.ee('dns', 'check');
    expect(exit).toBe(3);
    const { ns2 } = world.addresses.nameServers;
    expect(stdout).toMatch(/^Could not be determined$/m);
    expect(stdout).toContain(
      `  ns2.lab.example (${ns2}): the name server failed (SERVFAIL): 50 checks, of mail1.lab.example, `,
    );
    expect(stdout).toMatch(/^55 checks: 5 right, 50 undetermined\. \d+ that are required fail\.$/m);
  });

  it('[R111] tells a listing from a refusal, a dead list and a silent one', async () => {
    await world.publish(right);
    const lists = async (): Promise<string[]> =>
      (await check('--blocklists')).problems.filter((problem) => /blocklist|silent/.test(problem));
    await world.list(lab.sendingIp(2));
    await world.list(host(3));
    expect(await lists()).toEqual(['mail2.lab.example blocklist-listed', 'mail3.lab.example blocklist-listed']);
    await world.unlist();
    await world.blocklistAnswers('zen', '127.255.255.254');
    const all = [1, 2, 3, 4, 5].map((index) => `${host(index)} blocklist-undetermined`);
    expect(await lists()).toEqual(all);
    await world.blocklistAnswers('zen', '127.0.0.2');
    expect(await lists()).toEqual(all.map((one) => one.replace('undetermined', 'dead')));
    await world.blocklistAnswers('zen', undefined);
    for (const server of ['ns1', 'ns2'] as const)
      await world.fault(server, { kind: 'refusing', zone: 'zen.lab-blocklist.example' });
    expect(await lists()).toEqual(all);
  });

  it('refuses what names nothing, and a server that is none', async () => {
    const nothing = await lab.ee('dns', 'check', '--only', 'mail9.lab.example');
    expect([nothing.exit, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing is checked about mail9.lab.example'),
    ]);
    const server = await lab.ee('dns', 'check', '--server', 'ns1.lab.example');
    expect([server.exit, server.stderr]).toEqual([2, expect.stringContaining('is not the address of a name server')]);
  });
});
