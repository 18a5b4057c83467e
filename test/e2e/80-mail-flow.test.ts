import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/lib/settings/load.js';
import { whileFeeding } from '../support/feeder.js';
import { TestLab } from '../support/lab.js';
import { submit } from '../support/submission.js';
import { TestWorld } from '../support/world.js';

const lab = new TestLab('t-flow');
let world: TestWorld;

const auth = () => ({ user: lab.setting('PMTA_SMTP_USER'), pass: lab.setting('PMTA_SMTP_PASSWORD') });

/** What the settings say of the sending identities now. */
const identities = async () => (await loadSettings(lab.settingsFile)).sending.identities;

async function succeed(...args: readonly string[]): Promise<void> {
  const { exit, stdout, stderr } = await lab.ee(...args);
  expect(exit, `ee ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
}

/** Deploys VPS2 with the first N of the lab's sending IPs, and publishes their records before mail leaves from them. */
async function deployWith(count: number): Promise<void> {
  const before = await readFile(lab.settingsFile, 'utf8');
  const range = `SENDING_IPS=${lab.sendingIp(1)}-${lab.sendingIp(count)}`;
  await writeFile(lab.settingsFile, before.replace(/^SENDING_IPS=.*$/m, range));
  await succeed('dkim', 'generate', '--ips', String(count));
  await world.publish();
  await succeed('deploy', 'vps2', '--yes');
}

describe('mail through PowerMTA', () => {
  beforeAll(async () => {
    await lab.up('packages', { hosts: ['vps2', 'vps3'], world: true });
    world = await TestWorld.of(lab);
    await deployWith(5);
  });
  afterAll(() => lab.down());

  it('[R64] [R72] [R73] arrives from the IP of its sender, under its host name, with a signature that two verifiers accept', async () => {
    const all = await identities();
    expect(all).toHaveLength(5);
    for (const { sender, ip } of all) await submit(lab, 'vps3', { from: sender, ip, auth: auth() });

    const messages = await world.received({ to: 'reader@inbox.example', count: 5 });

    for (const { sender, ip, domain } of all) {
      const [message, ...others] = messages.filter(({ envelope }) => envelope.from === sender);
      expect(others).toEqual([]);
      expect(message, sender).toMatchObject({
        client: ip,
        helo: domain,
        verdicts: {
          spf: { result: 'pass' },
          dkim: [{ result: 'pass', domain }],
          dmarc: { result: 'pass', spfAligned: true, dkimAligned: true },
          reverse: { result: 'pass', names: [domain] },
          helo: { result: 'pass' },
        },
      });
      expect(message?.tls).not.toBeNull();
      expect(await world.signatures(message?.id ?? '')).toEqual([`${domain} pass`]);
    }
  });

  it('that a provider defers with 421 waits in its own queue alone, in backoff, and recovers', async () => {
    await world.fresh();
    const [first] = await identities();
    if (!first) throw new Error('the lab has no identity');
    const send = (to: string) => submit(lab, 'vps3', { from: first.sender, to, ip: first.ip, auth: auth() });
    await world.answer('hotmail.com', '421 4.7.0 Service not available, closing transmission channel', {
      at: 'connect',
    });

    await send('reader@hotmail.com');
    await send('reader@inbox.example');

    await world.received({ to: 'reader@inbox.example', count: 1 });
    const queue = 'hotmail.com/vmta-mail1';
    await lab.until('vps2', `pmta show queues | grep -F '${queue}' | grep -qi backoff`);
    const inBackoff = await lab.sh('vps2', 'pmta show queues | grep -ci backoff');
    expect(inBackoff).toBe('1');

    await world.normal();
    await lab.sh('vps2', `pmta schedule '${queue}'`);
    await world.received({ to: 'reader@hotmail.com', count: 1 });
    await lab.until('vps2', `! pmta show queues | grep -F '${queue}' | grep -qi backoff`);
  });

  it('loses no message while PowerMTA goes from 2 IPs to 5, to 100 and back to 5', async () => {
    await world.fresh();
    await deployWith(2);
    let senders = (await identities()).map(({ sender }) => sender);

    const accepted = await whileFeeding(
      lab,
      'vps3',
      () => senders,
      async (taken) => {
        for (const count of [5, 100, 5]) {
          // Senders that go are not fed any more; what waits in their queues must still leave.
          if (count < senders.length) senders = senders.slice(0, count);
          await deployWith(count);
          senders = (await identities()).map(({ sender }) => sender);
          const before = taken.length;
          while (taken.length < before + 20) await sleep(200);
        }
      },
    );

    expect(accepted.length).toBeGreaterThan(50);
    expect(new Set(accepted.map(({ from }) => from)).size).toBeGreaterThan(15);
    const messages = await world.received({ to: 'reader@inbox.example', count: accepted.length, seconds: 240 });
    const arrived = new Set(messages.map(({ headers }) => headers.messageId));
    expect(accepted.filter(({ messageId }) => !arrived.has(messageId))).toEqual([]);
    expect(messages.filter(({ verdicts }) => verdicts.dkim.every(({ result }) => result !== 'pass'))).toEqual([]);
  });
});
