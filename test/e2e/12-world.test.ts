import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labPlace } from '../../src/lib/lab/lab.js';
import { TestLab } from '../support/lab.js';
import { TestWorld } from '../support/world.js';

const lab = new TestLab('t-world');
let world: TestWorld;

beforeAll(async () => {
  await lab.up('packages', { hosts: ['vps2'], world: true });
  world = await TestWorld.of(lab);
  expect((await lab.ee('dkim', 'generate')).exit).toBe(0);
});
afterAll(() => lab.down());

/** Sends from VPS2, as a mail server there would: by the MX of the recipient, with TLS where it is offered. */
async function send(from: string, to: string): Promise<string> {
  const script = `import smtplib, ssl, subprocess
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
try:
    client = smtplib.SMTP("mx.${to.slice(to.indexOf('@') + 1)}", 25, "vps2.lab.example", timeout=10)
    client.ehlo()
    if client.has_extn("starttls"): client.starttls(context=context)
    client.sendmail("${from}", ["${to}"], b"From: ${from}\\r\\nSubject: hello\\r\\n\\r\\nHello\\r\\n")
    print(250)
except smtplib.SMTPRecipientsRefused as error: print(error.recipients["${to}"][0])
except smtplib.SMTPResponseException as error: print(error.smtp_code)
`;
  return lab.sh('vps2', `python3 - <<'SCRIPT'\n${script}SCRIPT`);
}

describe('the world of a lab', () => {
  it('is a host of the lab: listed, reached, and all its services run', async () => {
    const { stdout } = await lab.ee('lab', 'status', '--name', lab.name);
    expect(stdout).toMatch(/^ {2}world +10\.77\.\d+\.2 +packages +running$/m);
    expect(await lab.sh('world', 'systemctl is-system-running')).toBe('running');
    const { resolver1, resolver2 } = world.addresses.resolvers;
    expect(lab.setting('DNS_RESOLVERS')).toBe(`${resolver1},${resolver2}`);
    expect(await lab.sh('vps2', 'cat /etc/resolv.conf')).toBe(`nameserver ${resolver1}\nnameserver ${resolver2}`);
  });

  it('passes its own tests: rules, verdicts, receiving and misbehaving', async () => {
    const command = 'cd /usr/lib/lab-world && PYTHONPATH=. python3 -B -W error -m unittest discover -s test 2>&1';
    expect(await lab.sh('world', command)).toMatch(/^Ran \d{2,} tests in /m);
  });

  it('answers names of the world outside as this machine does', async () => {
    const addresses = async (command: () => Promise<string>): Promise<string[]> =>
      [...(await command()).matchAll(/^\d+(?:\.\d+){3}/gm)].map(([address]) => address).sort();
    const here = await addresses(async () => (await execa('getent', ['ahostsv4', 'deb.debian.org'])).stdout);
    expect(await addresses(() => lab.sh('vps2', 'getent ahostsv4 deb.debian.org'))).toEqual(here);
    expect(await lab.sh('vps2', 'apt-get -q update 2>&1 | tail -1')).toMatch(/Reading package lists/);
  });

  it('publishes what `ee dns records` says, on both name servers, with the reverse names', async () => {
    const published = await lab.ee('lab', 'publish', '--name', lab.name, '--json');
    expect(published.json()).toMatchObject({ servers: ['ns1', 'ns2'] });
    for (const server of ['ns1', 'ns2'] as const) {
      const dns = world.ask(server);
      expect(await dns.resolveTxt('mail3.lab.example')).toEqual([[`v=spf1 ip4:${lab.sendingIp(3)} -all`]]);
      const [key] = await dns.resolveTxt('mail._domainkey.mail3.lab.example');
      expect(key?.join('')).toMatch(/^v=DKIM1; .*p=MIIB/);
      expect(await dns.reverse(lab.sendingIp(3))).toEqual(['mail3.lab.example']);
      expect(await dns.reverse(lab.setting('VPS2_IP'))).toEqual(['vps2.lab.example']);
      expect(await dns.resolveMx('googlemail.com')).toEqual([{ exchange: 'mx.gmail.com', priority: 10 }]);
    }
    expect(await world.ask('resolver1').resolve4('mail3.lab.example')).toEqual([lab.sendingIp(3)]);
  });

  it('[R93] is what `ee dns records --diff` compares with: what is missing, different, left over, or not to be determined', async () => {
    const diff = async (...more: string[]) => {
      const { exit, json } = await lab.ee('dns', 'records', '--diff', '--json', ...more);
      return { exit, ...json<{ differences: { action: string; name: string }[]; right: number }>() };
    };
    expect(await diff()).toMatchObject({ exit: 0, differences: [], right: 37 });

    const edited = (await world.records())
      .replace(/^mail1\.lab\.example\. \d+ IN A .*\n/m, '')
      .replace(`ip4:${lab.sendingIp(2)} -all`, `ip4:${lab.sendingIp(3)} -all`);
    await world.publish(`${edited}mail4.lab.example. 60 IN AAAA 2001:db8::4\n`);
    await world.fault('ns1', { kind: 'failing', zone: 'lab.example' });
    const seen = await diff();
    expect(seen.exit).toBe(3);
    const about = ({ action, name }: { action: string; name: string }): string => `${action} ${name}`;
    expect(
      seen.differences
        .filter(({ action }) => action !== 'unknown')
        .map(about)
        .sort(),
    ).toEqual(['add mail1.lab.example', 'change mail2.lab.example', 'remove mail4.lab.example']);
    // The other name server fails: of all else in that zone nobody can be sure.
    expect(seen.differences.filter(({ action }) => action === 'unknown').length).toBeGreaterThan(20);
    await world.heal();
    const { stdout } = await lab.ee('dns', 'records', '--diff', '--format', 'bind');
    expect(stdout.split('\n').filter((line) => !line.startsWith(';'))).toEqual([
      `mail1.lab.example. 3600 IN A ${lab.sendingIp(1)}`,
      `mail2.lab.example. 3600 IN TXT "v=spf1 ip4:${lab.sendingIp(2)} -all"`,
    ]);
    await world.publish();
  });

  it('can leave one of the two stale, and keeps what was there when a zone is refused', async () => {
    const serials = async (): Promise<number[]> =>
      Promise.all(
        (['ns1', 'ns2'] as const).map(async (one) => (await world.ask(one).resolveSoa('lab.example')).serial),
      );
    const [old] = await serials();
    const right = await world.records();
    const file = join(lab.folder, 'edited.zone');
    await writeFile(file, `${right}planted.lab.example. 60 IN TXT "new"\n`);
    const { json } = await lab.ee('lab', 'publish', '--name', lab.name, '--file', file, '--server', 'ns2', '--json');
    const { serial } = json<{ serial: number }>();
    expect(await serials()).toEqual([old, serial]);
    expect(await world.ask('ns2').resolveTxt('planted.lab.example')).toEqual([['new']]);
    await expect(world.ask('ns1').resolveTxt('planted.lab.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });

    await expect(world.publish(`${right}bad.lab.example. 60 IN A nowhere\n`)).rejects.toThrow('invalid address');
    await lab.sh('world', 'systemctl restart world-ns@ns1 world-ns@ns2');
    expect(await serials()).toEqual([old, serial]);
    await world.publish();
  });

  it('goes on when one name server is down', async () => {
    await world.nameServer('ns1', 'stop');
    expect(await world.ask('resolver1').resolve4('mail1.lab.example')).toEqual([lab.sendingIp(1)]);
    await expect(world.ask('ns1').resolve4('mail1.lab.example')).rejects.toThrow();
    await world.nameServer('ns1', 'start');
    expect(await world.ask('ns1').resolve4('mail1.lab.example')).toEqual([lab.sendingIp(1)]);
  });

  it('has servers that refuse, fail, are slow or say nothing, each for itself, until they are told otherwise', async () => {
    const address = (server: 'ns1' | 'ns2' | 'resolver2'): Promise<unknown> =>
      world
        .ask(server)
        .resolve4('mail1.lab.example')
        .catch((error: unknown) => (error as { code: string }).code);
    const right = [lab.sendingIp(1)];
    const refuse = ['--refuse', '--zone', 'lab.example'];
    expect((await lab.ee('lab', 'dns', 'ns1', '--name', lab.name, ...refuse)).stdout).toBe(
      'ns1 answers REFUSED for lab.example.',
    );
    await world.fault('ns2', { kind: 'failing', zone: 'lab.example' });
    expect([await address('ns1'), await address('ns2')]).toEqual(['EREFUSED', 'ESERVFAIL']);
    expect(await world.ask('ns1').resolveMx('gmail.com')).toHaveLength(1);
    await world.publish();
    expect([await address('ns1'), await address('ns2'), await address('resolver2')]).toEqual([
      'EREFUSED',
      'ESERVFAIL',
      'ESERVFAIL',
    ]);
    await world.heal('ns2');
    expect([await address('ns2'), await address('resolver2')]).toEqual([right, right]);

    await world.fault('resolver2', { kind: 'slow', milliseconds: 700 });
    const start = performance.now();
    expect(await address('resolver2')).toEqual(right);
    expect(performance.now() - start).toBeGreaterThan(690);
    await world.fault('resolver2', { kind: 'silent' });
    expect(await address('resolver2')).toBe('ETIMEOUT');

    await world.heal();
    expect([await address('ns1'), await address('resolver2')]).toEqual([right, right]);
    const unknown = await lab.ee('lab', 'dns', 'ns1', '--name', lab.name, '--fail', '--zone', 'example.net');
    expect([unknown.exit, unknown.stderr]).toEqual([2, expect.stringContaining('ns1 has no zone example.net')]);
  });

  it('has resolvers that forget at once, or remember for as long as a TTL says, each by itself', async () => {
    const right = await world.records();
    const publish = (text: string): Promise<unknown> =>
      world.publish(`${right}long.lab.example. 600 IN TXT "${text}"\nshort.lab.example. 1 IN TXT "${text}"\n`);
    const ask = async (server: 'resolver1' | 'resolver2'): Promise<string[]> =>
      (await Promise.all(['long', 'short'].map((name) => world.ask(server).resolveTxt(`${name}.lab.example`)))).flat(2);
    await world.memory('ttl');
    await publish('old');
    expect(await ask('resolver1')).toEqual(['old', 'old']);
    await publish('new');
    await sleep(1100);
    expect([await ask('resolver1'), await ask('resolver2')]).toEqual([
      ['old', 'new'],
      ['new', 'new'],
    ]);
    await world.memory('second');
    await publish('newest');
    expect(await ask('resolver1')).toEqual(['newest', 'newest']);
    await world.publish();
  });

  it('has blocklists with the test entries of RFC 5782, and lists, says nothing true, or refuses when it is told to', async () => {
    const asked = (name: string): Promise<unknown> =>
      world
        .ask('resolver1')
        .resolve4(name)
        .catch((error: unknown) => (error as { code: string }).code);
    const zen = `${lab.sendingIp(1).split('.').reverse().join('.')}.zen.lab-blocklist.example`;
    expect(lab.setting('IP_BLOCKLISTS')).toBe('zen.lab-blocklist.example');
    expect(await asked('2.0.0.127.zen.lab-blocklist.example')).toContain('127.0.0.2');
    expect(await asked('1.0.0.127.zen.lab-blocklist.example')).toBe('ENOTFOUND');
    expect([await asked(zen), await asked('test.dbl.lab-blocklist.example')]).toEqual(['ENOTFOUND', ['127.0.1.2']]);

    const listed = await lab.ee('lab', 'blocklist', lab.sendingIp(1), '--name', lab.name, '--code', '127.0.0.4');
    expect(listed.stdout).toBe(`zen.lab-blocklist.example lists ${lab.sendingIp(1)} (127.0.0.4).`);
    const nope = await lab.ee('lab', 'blocklist', 'nope', '--name', lab.name);
    expect([nope.exit, nope.stderr]).toEqual([
      2,
      expect.stringMatching(
        /nope is no sending IP and no sending domain of the lab\..*such as 10\.77\.\d+\.101 or mail1/s,
      ),
    ]);
    await world.list('mail1.lab.example');
    await sleep(1100);
    expect([await asked(zen), await asked('mail1.lab.example.dbl.lab-blocklist.example')]).toEqual([
      ['127.0.0.4'],
      ['127.0.1.2'],
    ]);
    await world.blocklistAnswers('zen', '127.255.255.254');
    await sleep(1100);
    const second = zen.replace(/^\d+/, '102');
    expect([await asked(zen), await asked(second)]).toEqual([['127.255.255.254'], ['127.255.255.254']]);
    await world.blocklistAnswers('zen', undefined);
    await world.unlist();
    for (const server of ['ns1', 'ns2'] as const) {
      await world.fault(server, { kind: 'refusing', zone: 'zen.lab-blocklist.example' });
    }
    await sleep(1100);
    expect([await asked(zen), await asked('mail1.lab.example.dbl.lab-blocklist.example')]).toEqual([
      'ESERVFAIL',
      'ENOTFOUND',
    ]);
    await world.heal();
  });

  it('receives over TLS, verifies and keeps a message with its verdicts', async () => {
    expect(await send('contact@mail1.lab.example', 'ann@gmail.com')).toBe('250');
    const [message] = await world.received({ to: 'ann@gmail.com', count: 1 });
    expect(message).toMatchObject({
      provider: 'gmail.com',
      client: lab.setting('VPS2_IP'),
      helo: 'vps2.lab.example',
      tls: { version: 'TLSv1.3' },
      envelope: { from: 'contact@mail1.lab.example', to: ['ann@gmail.com'] },
      // VPS2's own address is no sending IP, so SPF says no; and nobody signed.
      verdicts: {
        spf: { result: 'fail' },
        dkim: [],
        dmarc: { result: 'fail', policy: 'none' },
        reverse: { result: 'pass', names: ['vps2.lab.example'] },
        helo: { result: 'pass' },
      },
    });
    const { stdout } = await lab.ee('lab', 'inbox', '--name', lab.name, '--to', 'gmail.com');
    expect(stdout).toMatch(/contact@mail1\.lab\.example +ann@gmail\.com .* TLSv1\.3 +fail +none +fail +pass +pass$/m);
    const raw = await lab.ee('lab', 'inbox', '--name', lab.name, '--raw', message?.id ?? '');
    expect(raw.stdout).toBe('From: contact@mail1.lab.example\r\nSubject: hello\r\n\r\nHello');
    expect((await lab.ee('lab', 'inbox', '--name', lab.name, '--raw', '1')).exit).toBe(2);

    // Nobody listens on VPS2 here: the provider says who did not take its complaint.
    const { exit, stderr } = await lab.ee('lab', 'complain', '--name', lab.name, '--message', message?.id ?? '');
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`mail1.lab.example (${lab.sendingIp(1)}): `)]);
  });

  it('finds a DKIM signature good, as a second verifier does', async () => {
    const privateKey = await readFile(join(lab.folder, 'secrets/dkim/mail2.lab.example/mail.pem'), 'utf8');
    const transport = createTransport({
      host: (await world.ask('resolver1').resolve4('mx.inbox.example'))[0],
      port: 25,
      tls: { rejectUnauthorized: false },
      dkim: { domainName: 'mail2.lab.example', keySelector: 'mail', privateKey },
    });
    await transport.sendMail({
      from: 'info@mail2.lab.example',
      to: 'bob@inbox.example',
      subject: 'signed',
      text: 'hi',
    });
    const [message] = await world.received({ to: 'bob@inbox.example', count: 1 });
    expect(message?.verdicts.dkim).toMatchObject([{ result: 'pass', domain: 'mail2.lab.example', selector: 'mail' }]);
    expect(message?.verdicts.dmarc).toMatchObject({ result: 'pass', dkimAligned: true, spfAligned: false });
    expect(await world.signatures(message?.id ?? '')).toEqual(['mail2.lab.example pass']);
  });

  it('misbehaves on command for one provider, recovers, and takes mail for no other domain', async () => {
    const answer = ['--answer', '421 4.7.0 slow down', '--at', 'connect', '--times', '1'];
    const told = await lab.ee('lab', 'provider', 'gmail.com', '--name', lab.name, ...answer);
    expect(told.stdout).toBe('gmail.com: answers "421 4.7.0 slow down" at connect, once.');
    expect(await send('contact@mail1.lab.example', 'ann@second.example')).toBe('250');
    expect(await send('contact@mail1.lab.example', 'ann@gmail.com')).toBe('421');
    expect(await send('contact@mail1.lab.example', 'ann@gmail.com')).toBe('250');
    expect(await world.refusals('gmail.com')).toMatchObject([{ phase: 'connect', answer: '421 4.7.0 slow down' }]);

    await world.misbehave('orange.fr', { refuseTls: true });
    expect(await send('contact@mail1.lab.example', 'ann@orange.fr')).toBe('250');
    expect((await world.received({ to: 'orange.fr', count: 1 }))[0]?.tls).toBeNull();
    await world.normal('orange.fr');

    const wrong = await lab.ee('lab', 'provider', 'example.net', '--name', lab.name, '--drop');
    expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('example.net is no domain of a provider')]);
    await world.fresh();
    expect(await world.received()).toEqual([]);
  });

  it('lets no mail out of the lab: the connection is refused at once, here', async () => {
    const refused = async (): Promise<number> => {
      const { stdout } = await execa('nft', ['list', 'table', 'ip', labPlace(lab.name).nftTable]);
      expect(stdout).toMatch(
        /tcp dport \{ 25, 465, 587, 2525 \} counter .* reject with icmp (?:type )?admin-prohibited/,
      );
      return Number(/counter packets (\d+)/.exec(stdout)?.[1]);
    };
    const before = await refused();
    const attempts = [25, 465, 587, 2525].map(
      (port) => `timeout 8 bash -c 'exec 3<>/dev/tcp/192.0.2.25/${port}'; echo $?`,
    );
    expect((await lab.sh('vps2', attempts.join('\n'))).split('\n')).toEqual(['1', '1', '1', '1']);
    expect(await refused()).toBeGreaterThanOrEqual(before + 4);
  });

  it('says what to do in a lab without one', async () => {
    const { exit, stderr } = await lab.ee('lab', 'inbox', '--name', 't-no-world');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('Next: ee lab up --name t-no-world')]);
  });
});
