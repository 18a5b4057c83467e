import { generateKeyPairSync } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CheckReport } from '../../src/lib/dns/check/run.js';
import { Exchanges } from '../support/exchanges.js';
import { TestLab, ee } from '../support/lab.js';
import { TestWorld } from '../support/world.js';

const lab = new TestLab('t-dns-check');
let world: TestWorld;
let exchanges: Exchanges;
/** The zone text of what is right. */
let right: string;

beforeAll(async () => {
  await lab.up('packages', { hosts: [], world: true });
  world = await TestWorld.of(lab);
  exchanges = await Exchanges.open(lab, 5);
  expect((await lab.ee('dkim', 'generate')).exit).toBe(0);
  right = await world.records();
});
afterAll(async () => {
  await exchanges.close();
  await lab.down();
});
afterEach(async () => {
  await world.heal();
  await world.memory('second');
  await world.unlist();
});

const host = (index: number): string => `mail${index}.lab.example`;
const reverse = (index: number): string => `${lab.sendingIp(index).split('.').reverse().join('.')}.in-addr.arpa`;
const key = (index: number): string => `mail._domainkey.${host(index)}`;

const ip4 = (index: number): string => `ip4:${lab.sendingIp(index)}`;
const INCLUDED = Array.from({ length: 11 }, (_, at) => `i${at}.lab.example`);
const RUA = 'rua=mailto:a@lab.example';
const pkcs1 = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })
    .publicKey.export({ type: 'pkcs1', format: 'der' })
    .toString('base64');

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

/** A fault: what must be found of it, nothing where it only prepares another one; and how it comes about. */
type Fault = readonly [problem: string, edit: () => Edit];

/**
 * Faults in the records, in rounds: each is published at once, and what is found, and nothing else, must be its faults. Those of a
 * round do not touch each other.
 */
const ROUNDS: readonly (readonly [title: string, faults: readonly Fault[]])[] = [
  [
    'names that are missing, wrong or double',
    [
      ['mail1.lab.example a-missing', () => set(host(1), 'A')],
      ['mail2.lab.example a-wrong', () => set(host(2), 'A', '192.0.2.9')],
      ['mail3.lab.example a-several', () => set(host(3), 'A', lab.sendingIp(3), '192.0.2.9')],
      ['mail4.lab.example aaaa-present', () => set(host(4), 'AAAA', '2001:db8::4')],
      ['panel.lab.example web-wrong', () => set('panel.lab.example', 'A', '192.0.2.9')],
      ['panel.lab.example no-mail-spf-wrong', () => set('panel.lab.example', 'TXT', text('v=spf1 a -all'))],
      ['api.lab.example web-missing', () => set('api.lab.example', 'A')],
      ['api.lab.example no-mail-mx-missing', () => set('api.lab.example', 'MX')],
    ],
  ],
  [
    'reverse names that are missing, wrong or double',
    [
      ['mail1.lab.example ptr-missing', () => set(reverse(1), 'PTR')],
      ['mail2.lab.example ptr-wrong', () => set(reverse(2), 'PTR', 'static-102.provider.example.')],
      ['mail3.lab.example ptr-several', () => set(reverse(3), 'PTR', `${host(3)}.`, `${host(4)}.`)],
    ],
  ],
  [
    'SPF that is missing, double, open, for another IP, or by reverse name',
    [
      ['mail1.lab.example spf-missing', () => set(host(1), 'TXT')],
      ['mail2.lab.example spf-several', () => set(host(2), 'TXT', text(`v=spf1 ${ip4(2)} -all`), text('v=spf1 -all'))],
      ['mail3.lab.example spf-open', () => set(host(3), 'TXT', text('v=spf1 +all'))],
      ['mail4.lab.example spf-not-pass', () => set(host(4), 'TXT', text('v=spf1 ip4:192.0.2.9 -all'))],
      ['mail5.lab.example spf-ptr', () => set(host(5), 'TXT', text(`v=spf1 ${ip4(5)} ptr -all`))],
    ],
  ],
  [
    'SPF that is neutral to all, has no end, a mistake, or asks too much',
    [
      ...INCLUDED.map((name): Fault => ['', () => set(name, 'TXT', text('v=spf1 -all'))]),
      [
        'mail1.lab.example spf-lookups',
        () => set(host(1), 'TXT', text(`v=spf1 ${ip4(1)} ${INCLUDED.map((name) => `include:${name}`).join(' ')} -all`)),
      ],
      ['mail2.lab.example spf-open', () => set(host(2), 'TXT', text(`v=spf1 ${ip4(2)} ?all`))],
      ['mail3.lab.example spf-no-all', () => set(host(3), 'TXT', text(`v=spf1 ${ip4(3)}`))],
      [
        'mail4.lab.example spf-void',
        () => set(host(4), 'TXT', text(`v=spf1 ${ip4(4)} a:x1.lab.example a:x2.lab.example a:x3.lab.example -all`)),
      ],
      ['mail5.lab.example spf-invalid', () => set(host(5), 'TXT', text(`v=spf1 ip:${lab.sendingIp(5)} -all`))],
    ],
  ],
  [
    'keys that are missing, other ones, cut, quoted or double',
    [
      ['mail1.lab.example dkim-missing', () => set(key(1), 'TXT')],
      ['mail2.lab.example dkim-other-key', () => set(key(2), 'TXT', text(recordOf(3)))],
      ['mail3.lab.example dkim-cut', () => set(key(3), 'TXT', text(recordOf(3).slice(0, 255)))],
      ['mail4.lab.example dkim-quotes', () => set(key(4), 'TXT', text(recordOf(4).replace(/^(.{200})/, '$1" "')))],
      ['mail5.lab.example dkim-several', () => set(key(5), 'TXT', text(recordOf(5)), text(recordOf(4)))],
    ],
  ],
  [
    'keys that are revoked, a test or in a form of few; MX that lead nowhere; and a zone that names a server more',
    [
      ['mail1.lab.example dkim-revoked', () => set(key(1), 'TXT', text('v=DKIM1; k=rsa; p='))],
      ['mail2.lab.example dkim-testing', () => set(key(2), 'TXT', text(recordOf(2).replace('k=rsa;', 'k=rsa; t=y;')))],
      ['mail3.lab.example dkim-invalid', () => set(key(3), 'TXT', text(`v=DKIM1; p=${pkcs1()}`))],
      ['mail3.lab.example mx-missing', () => set(host(3), 'MX')],
      ['', () => set('mx.lab.example', 'CNAME', `${host(4)}.`)],
      ['mail4.lab.example mx-alias', () => set(host(4), 'MX', '10 mx.lab.example.')],
      ['mail5.lab.example mx-literal', () => set(host(5), 'MX', `10 ${lab.sendingIp(5)}.`)],
      ['mail2.lab.example mx-unresolved', () => set(host(2), 'MX', '10 nowhere.lab.example.')],
      ['mail1.lab.example mx-elsewhere', () => set(host(1), 'MX', `10 ${host(2)}.`)],
      ['lab.example delegation-differs', () => (zone) => `${zone}lab.example. 60 IN NS ns3.lab.example.\n`],
      ['', () => set('ns3.lab.example', 'A', world.addresses.nameServers.ns2)],
    ],
  ],
  [
    'a policy that is missing, and TLS reporting and MTA-STS that are not right',
    [
      ['lab.example dmarc-missing', () => set('_dmarc.lab.example', 'TXT')],
      ['mail1.lab.example tls-rpt-missing', () => set(`_smtp._tls.${host(1)}`, 'TXT')],
      [
        'mail2.lab.example tls-rpt-invalid',
        () => set(`_smtp._tls.${host(2)}`, 'TXT', text('v=TLSRPTv1; rua=postmaster')),
      ],
      ['mail3.lab.example mta-sts-invalid', () => set(`_mta-sts.${host(3)}`, 'TXT', text('v=STSv1; id='))],
      ['', () => set(`_dmarc.${host(4)}`, 'TXT', text('p=none'))],
      ['lab.example postmaster-mx-missing', () => set('lab.example', 'MX', '0 .')],
    ],
  ],
  [
    'policies that are double, malformed or no policy, and reports to who did not agree',
    [
      [
        'mail1.lab.example dmarc-several',
        () => set(`_dmarc.${host(1)}`, 'TXT', text(`v=DMARC1; p=none; ${RUA}`), text('v=DMARC1; p=reject')),
      ],
      ['mail2.lab.example dmarc-policy', () => set(`_dmarc.${host(2)}`, 'TXT', text(`v=DMARC1; p=nothing; ${RUA}`))],
      ['mail3.lab.example dmarc-invalid', () => set(`_dmarc.${host(3)}`, 'TXT', text('p=none; v=DMARC1'))],
      [
        'lab.example dmarc-reports-refused',
        () => set('_dmarc.lab.example', 'TXT', text('v=DMARC1; p=none; rua=mailto:a@second.example')),
      ],
    ],
  ],
];

const PLANTED = ROUNDS.flatMap(([, faults]) => faults.map(([problem]) => problem).filter((problem) => problem !== ''));

/** Publishes the right records with these faults; all that is found, and nothing else, must be these. */
async function finds(faults: readonly Fault[], exit = 3): Promise<CheckReport> {
  await world.publish(edited(...faults.map(([, edit]) => edit())));
  const found = await check();
  expect(found.problems).toEqual(faults.flatMap(([problem]) => (problem === '' ? [] : [problem])).sort());
  expect(found.exit).toBe(exit);
  return found.report;
}

describe('ee dns check', () => {
  it('[R93] is green on the records that `ee lab publish` publishes, and says who said so', async () => {
    expect((await lab.ee('lab', 'publish', '--name', lab.name)).exit).toBe(0);
    const { exit, report, problems } = await check();
    expect([exit, problems]).toEqual([0, []]);
    expect(report.totals).toEqual({ checks: 61, ok: 61, wrong: 0, missing: 0, undetermined: 0, failed: 0 });
    const { ns1, ns2 } = world.addresses.nameServers;
    const resolvers = Object.values(world.addresses.resolvers);
    const reverseName = report.checks.find(({ code, name }) => code === 'ptr' && name === reverse(3));
    expect(reverseName?.seen.map(({ server, values }) => [server, values])).toEqual(
      [`ns1.lab.example (${ns1})`, `ns2.lab.example (${ns2})`, ...resolvers].map((server) => [server, [host(3)]]),
    );
    const { stdout } = await lab.ee('dns', 'check');
    expect(stdout).toMatch(/^ {2}mail1\.lab\.example: a, ptr, spf, dkim, .*$/m);
    expect(stdout).toMatch(/^61 checks: 61 right\. Nothing that is required fails\.$/m);
  });

  describe(`finds each of ${PLANTED.length} planted faults`, () => {
    it('of more than 25 kinds, each with a code of its own', () => {
      const kinds = new Set(PLANTED.map((problem) => problem.split(' ')[1]));
      expect([PLANTED.length, kinds.size]).toEqual([44, 43]);
    });

    it.each(ROUNDS)('[R92] [R93] %s', async (_title, faults) => {
      const { checks } = await finds(faults);
      const bad = checks.filter(({ verdict }) => verdict !== 'ok');
      expect(bad.filter(({ message }) => message === '')).toEqual([]);
    });
  });

  it('tells the record to add, whole and as a line of a zone file; and none where a key is revoked', async () => {
    const { checks } = await finds([
      ['mail1.lab.example a-missing', () => set(host(1), 'A')],
      ['mail1.lab.example dkim-missing', () => set(key(1), 'TXT')],
      ['mail2.lab.example dkim-revoked', () => set(key(2), 'TXT', text('v=DKIM1; k=rsa; p='))],
    ]);
    const of = (wanted: string) => checks.find(({ code }) => code === wanted);
    expect(of('a-missing')).toMatchObject({
      verdict: 'missing',
      severity: 'required',
      fix: { value: lab.sendingIp(1), line: `mail1.lab.example. 3600 IN A ${lab.sendingIp(1)}` },
    });
    expect(of('dkim-missing')?.fix).toMatchObject({
      value: recordOf(1),
      line: expect.stringMatching(
        /^mail\._domainkey\.mail1\.lab\.example\. 3600 IN TXT "v=DKIM1; [^"]{246}" "[^"]+"$/,
      ) as string,
    });
    expect(of('dkim-revoked')).not.toHaveProperty('fix');
    const { stdout, exit } = await lab.ee('dns', 'records', '--diff', '--format', 'bind');
    expect([exit, stdout]).toEqual([3, expect.not.stringContaining('mail._domainkey.mail2')]);
  });

  it('fails for the DKIM of a domain whose key is lost, and checks all else', async () => {
    await world.publish(right);
    const file = join(lab.folder, 'secrets/dkim', host(2), 'mail.pem');
    await rename(file, `${file}.away`);
    try {
      const { exit, problems, report } = await check();
      expect([exit, problems]).toEqual([3, ['mail2.lab.example dkim-unread']]);
      expect(report.totals).toEqual({ checks: 61, ok: 60, wrong: 0, missing: 0, undetermined: 1, failed: 1 });
      expect((await check('--only', host(1))).exit).toBe(0);
    } finally {
      await rename(`${file}.away`, file);
    }
  });

  it('tries port 25 of the MX: closed, under another name, without TLS, or without a postmaster', async () => {
    await world.publish(right);
    await exchanges.close(1);
    await exchanges.put(2, { name: 'relay.provider.example' });
    await exchanges.put(3, { withoutTls: true });
    await exchanges.put(4, { refuses: '550 nobody of that name' });
    await exchanges.put(5, { refuses: '450 try later' });
    expect((await check()).problems).toEqual([
      'mail1.lab.example mx-port-closed',
      'mail2.lab.example mx-port-banner',
      'mail3.lab.example mx-port-starttls',
      'mail4.lab.example mx-port-postmaster',
      'mail5.lab.example mx-port-later',
    ]);
  });

  it('calls no exchange wrong where none at all can be reached, and does not fail for it', async () => {
    await exchanges.close();
    const { exit, problems, report } = await check();
    expect([exit, problems]).toEqual([0, [1, 2, 3, 4, 5].map((index) => `${host(index)} mx-port-unreached`)]);
    expect(report.checks.find(({ code }) => code === 'mx-port-unreached')?.message).toContain(
      'no mail exchange answers on port 25: VPS2 is not deployed yet or down, or the network here lets nothing out',
    );
    for (const index of [1, 2, 3, 4, 5]) await exchanges.put(index);
  });

  it('does not fail for what is only recommended', async () => {
    const policy = 'v=DMARC1; p=none; pct=50; rua=mailto:a@lab.example';
    await finds([['lab.example dmarc-removed-tag', () => set('_dmarc.lab.example', 'TXT', text(policy))]], 0);
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
      const zone = report.checks.filter(({ name, kind }) => !name.endsWith('.arpa') && kind !== 'mx-port');
      expect(new Set(zone.map(({ code, verdict }) => `${code} ${verdict}`))).toEqual(
        new Set(['name-server-silent undetermined']),
      );
      expect([exit, zone.length]).toEqual([3, 8]);
    },
  );

  it('finds a server to which the zone above refers, and which does not answer for the zone', async () => {
    await world.publish(right);
    await world.fault('ns2', { kind: 'refusing', zone: 'lab.example' });
    const { exit, report } = await check('--only', 'lab.example');
    const { ns2 } = world.addresses.nameServers;
    expect([exit, report.checks.find(({ kind }) => kind === 'delegation')]).toMatchObject([
      3,
      {
        ...{ code: 'delegation-lame', verdict: 'wrong', severity: 'required' },
        message: expect.stringContaining(
          `refers to ns2.lab.example (${ns2}) for lab.example, which does not answer`,
        ) as string,
      },
    ]);
  });

  it('[R93] takes the silence of one resolver, or of both name servers, for no answer', async () => {
    await world.publish(right);
    const codes = async (...args: string[]): Promise<string[]> => {
      const { exit, report } = await check('--only', host(1), ...args);
      expect(exit).toBe(3);
      const some = report.checks.filter(({ kind }) => kind !== 'mx-port');
      return [...new Set(some.map(({ code, verdict }) => `${code} ${verdict}`))].sort();
    };
    await world.fault('resolver2', { kind: 'stopped' });
    // A name that does not exist is no business of resolvers.
    expect(await codes()).toEqual(['aaaa ok', 'dmarc ok', 'mta-sts ok', 'resolver-silent undetermined']);
    await world.heal();
    // Asked directly: a resolver takes long to give up on them.
    const { ns1, ns2 } = world.addresses.nameServers;
    for (const server of ['ns1', 'ns2'] as const) await world.fault(server, { kind: 'stopped' });
    expect(await codes('--server', ns1, '--server', ns2)).toEqual(['resolver-silent undetermined']);
  });

  it('names a server that is down once, with all that depends on it', async () => {
    await world.publish(right);
    await world.fault('ns2', { kind: 'failing', zone: 'lab.example' });
    const { stdout, exit } = await lab.ee('dns', 'check');
    expect(exit).toBe(3);
    const { ns2 } = world.addresses.nameServers;
    expect(stdout).toMatch(/^Could not be determined$/m);
    expect(stdout).toContain(
      `  ns2.lab.example (${ns2}): the name server failed (SERVFAIL): 51 checks, of lab.example, `,
    );
    expect(stdout).toMatch(/^61 checks: 10 right, 51 undetermined\. \d+ that are required fail\.$/m);
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
