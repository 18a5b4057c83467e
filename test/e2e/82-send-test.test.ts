import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveTxt } from '../../src/lib/deploy/probe/live-txt.js';
import { probeSenders } from '../../src/lib/deploy/probe/probe-senders.js';
import { packageRoot } from '../../src/lib/package-root.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import type { Settings } from '../../src/lib/settings/settings.js';
import { connect } from '../../src/lib/ssh/connect.js';
import { TestLab } from '../support/lab.js';
import { submit } from '../support/submission.js';
import { TestWorld } from '../support/world.js';

const lab = new TestLab('t-send');
const IPS = 3;
let world: TestWorld;
let settings: Settings;

interface Sent {
  readonly messages: readonly {
    readonly sender: string;
    readonly left: { readonly kind: string; readonly reason?: string };
    readonly delivery: { readonly kind: string; readonly answer?: string; readonly reason?: string };
  }[];
}

async function succeed(...args: readonly string[]): Promise<void> {
  const { exit, stdout, stderr } = await lab.ee(...args);
  expect(exit, `ee ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
}

/** What a probe of each sender comes to: `2 mail mail2.lab.example`, or why it fails. */
async function probes(of: Settings = settings): Promise<string[]> {
  const host = await connect(of.hosts.vps2);
  try {
    const probed = await probeSenders(host, of, {
      identities: of.sending.identities,
      resolveTxt: liveTxt(of.dns.resolvers),
      signal: new AbortController().signal,
      emit: () => undefined,
    });
    return probed.map(({ identity, outcome }) =>
      outcome.kind === 'signed'
        ? `${identity.index} ${outcome.selector} ${outcome.domain} ${outcome.ip} ${outcome.helo}`
        : `${identity.index} ${outcome.reason}`,
    );
  } finally {
    await host.close();
  }
}

const proven = () =>
  settings.sending.identities.map(({ index, domain, ip }) => `${index} mail ${domain} ${ip} ${domain}`);

describe('mail that is proven', () => {
  beforeAll(async () => {
    await lab.up('packages', { hosts: ['vps2'], world: true, sendingIps: IPS });
    world = await TestWorld.of(lab);
    settings = await loadSettings(lab.settingsFile);
    await succeed('dkim', 'generate');
    await world.publish();
    await succeed('deploy', 'vps2', '--yes');
  });
  afterAll(() => lab.down());

  it('[R81] leaves from the IP of each sender, greets with its domain, and is signed with its key, as a probe shows', async () => {
    expect(await probes()).toEqual(proven());
    expect(await lab.sh('vps2', "ss -Hltn 'sport = :2599'")).toBe('');
    expect(await world.received()).toEqual([]);
  });

  it('[R81] goes to the operator’s own address when it is asked for, and says what became of it', async () => {
    const { exit, json, stderr } = await lab.ee('send-test', '--to', 'you@inbox.example', '--yes', '--json');
    expect([exit, stderr]).toEqual([0, '']);
    const { messages } = json<Sent>();
    expect(messages).toHaveLength(IPS);
    for (const { left, delivery } of messages) {
      expect(left.kind).toBe('signed');
      expect(delivery).toMatchObject({ kind: 'delivered', answer: expect.stringMatching(/^250 /) });
    }

    const arrived = await world.received({ to: 'you@inbox.example', count: IPS });
    for (const { sender, ip, domain } of settings.sending.identities) {
      const [message, ...others] = arrived.filter(({ envelope }) => envelope.from === sender);
      expect(others).toEqual([]);
      expect(message).toMatchObject({
        client: ip,
        helo: domain,
        verdicts: {
          spf: { result: 'pass' },
          dkim: [{ result: 'pass', domain }],
          dmarc: { result: 'pass', spfAligned: true, dkimAligned: true },
        },
      });
    }
    expect(await world.received()).toHaveLength(IPS);
  });

  it('is told as it is where a provider refuses it, and where one puts it off', async () => {
    await world.answer('gmail.com', '550 5.1.1 no such mailbox here');
    const refused = await lab.ee('send-test', '--to', 'you@gmail.com', '--sender', '1', '--yes', '--json');
    expect(refused.exit).toBe(1);
    expect(refused.json<Sent>().messages).toEqual([
      expect.objectContaining({
        left: expect.objectContaining({ kind: 'signed' }),
        delivery: expect.objectContaining({ kind: 'bounced', answer: '550 5.1.1 no such mailbox here' }),
      }),
    ]);

    await world.answer('orange.fr', '451 4.7.1 try again later');
    const args = ['--to', 'you@orange.fr', '--sender', '2', '--yes', '--timeout', '5s'];
    const waiting = await lab.ee('send-test', ...args);
    expect(waiting.exit).toBe(3);
    expect(waiting.stdout).toContain('still queued: 451 4.7.1 try again later');
    expect(waiting.stdout).toContain('0 of 1 delivered to you@orange.fr, 1 still queued, 1 proven.');
    await world.fresh();
  });

  it('fails its proof where DNS publishes another key, two records or none', async () => {
    const right = await world.records();
    const record = (index: number) => new RegExp(`^mail\\._domainkey\\.mail${index}\\..*$`, 'm');
    const line = (index: number) => record(index).exec(right)?.[0] ?? '';
    const domains = settings.sending.identities.map(({ domain }) => domain);
    const [first = '', second = ''] = domains;
    const wrong = right
      .replace(record(1), line(2).replace(second, first))
      .replace(record(2), `${line(2)}\n${line(3).replace(domains[2] ?? '', second)}`)
      .replace(record(3), '');
    await world.publish(wrong);

    expect(await probes()).toEqual([
      `1 its signature does not fit the key that DNS publishes under mail._domainkey.${domains[0]}`,
      `2 DNS publishes 2 records under mail._domainkey.${domains[1]}, and which of them counts is not defined (RFC 6376 §3.6.2.2)`,
      `3 DNS publishes no key under mail._domainkey.${domains[2]}`,
    ]);
    await world.publish();
    expect(await probes()).toEqual(proven());
  });

  it('fails its proof where the key on the host is another one', async () => {
    const key = '/etc/pmta/dkim/mail2.pem';
    await lab.sh(
      'vps2',
      `cp -p ${key} /root/kept.pem; openssl genrsa -traditional 2048 > ${key} 2>/dev/null; pmta reload`,
    );
    const [, second] = await probes();
    const domain = settings.sending.identities[1]?.domain;
    expect(second).toBe(`2 its signature does not fit the key that DNS publishes under mail._domainkey.${domain}`);
    await lab.sh('vps2', `cp -p /root/kept.pem ${key}; rm /root/kept.pem; pmta reload`);
  });

  it('is not held up by a probe that nobody took', async () => {
    const { sender = '', ip = '' } = settings.sending.identities[0] ?? {};
    const auth = { user: lab.setting('PMTA_SMTP_USER'), pass: lab.setting('PMTA_SMTP_PASSWORD') };
    await submit(lab, 'vps2', { from: sender, to: 'nobody@ee-probe.invalid', ip, auth });
    await lab.until('vps2', 'pmta show topqueues --errors | grep -q ee-probe.invalid/vmta-mail1');
    expect(await probes()).toEqual(proven());
    await lab.until('vps2', '! pmta show topqueues | grep -q ee-probe.invalid');
  });

  it('ends at Ctrl-C, and nobody listens on the host any more', async () => {
    await world.answer('free.fr', '451 4.7.1 try again later');
    const args = ['send-test', '--to', 'you@free.fr', '--sender', '1', '--yes', '--env-file', lab.settingsFile];
    const running = execa(process.execPath, [join(packageRoot(), 'bin', 'run.js'), ...args], {
      reject: false,
      stdin: 'ignore',
    });
    for await (const line of running.iterable({ from: 'stderr' })) {
      if (String(line).includes('waiting for the accounting')) running.kill('SIGINT');
    }
    expect(await running).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('Interrupted') });
    await lab.until('vps2', "! ss -Hltn 'sport = :2599' | grep -q .", 10);
    await world.fresh();
  });

  it('says who has the port that probes come to', async () => {
    const listen = 'import socket,time; s=socket.create_server(("127.0.0.1", 2599)); time.sleep(600)';
    await lab.sh('vps2', `nohup python3 -c '${listen}' >/dev/null 2>&1 & echo $! > /run/taker`);
    await lab.until('vps2', "ss -Hltn 'sport = :2599' | grep -q LISTEN");
    const { exit, stderr } = await lab.ee('send-test', '--to', 'you@inbox.example', '--yes');
    await lab.sh('vps2', 'kill $(cat /run/taker)');
    expect(exit).toBe(1);
    expect(stderr).toContain('vps2 cannot listen on 127.0.0.1:2599: python3 on 127.0.0.1:2599 is there already.');
    expect(await world.received()).toEqual([]);
  });

  it('is proven by a user with sudo as well as by root', async () => {
    const home = '/home/deployer';
    await lab.sh(
      'vps2',
      `command -v sudo >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends sudo
      useradd -m -d ${home} -s /bin/sh -p '*' deployer
      mkdir ${home}/.ssh; cp /root/.ssh/authorized_keys ${home}/.ssh/; chown -R deployer:deployer ${home}/.ssh
      echo 'deployer ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/deployer`,
    );
    const { vps2 } = settings.hosts;
    const asDeployer = { ...settings, hosts: { ...settings.hosts, vps2: { ...vps2, user: 'deployer' } } };
    expect(await probes(asDeployer)).toEqual(proven());
  });
});
