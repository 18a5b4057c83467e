import { existsSync } from 'node:fs';
import { cp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedMessage } from '../../src/lib/lab/lab.js';
import { packageRoot } from '../../src/lib/package-root.js';
import { whileFeeding } from '../support/feeder.js';
import { TestLab, type EeResult } from '../support/lab.js';
import { TestWorld } from '../support/world.js';

interface Rotated {
  readonly domains: readonly {
    readonly domain: string;
    readonly active: string;
    readonly keys: readonly { readonly selector: string; readonly state: string }[];
    readonly waits: readonly { readonly selector: string; readonly for: string; readonly until: string | null }[];
    readonly records: readonly { readonly action: string; readonly name: string; readonly line?: string }[];
    readonly failure: string | null;
  }[];
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const lab = new TestLab('t-dkim');
const preload = (file: string) => `--import=${join(packageRoot(), 'test', 'support', file)}`;
const CLOCK = preload('shifted-clock.mjs');

/** `ee` with the calendar some seconds ahead; once the lock of a run that was killed is free. */
async function ee(ahead: number, ...args: string[]): Promise<EeResult> {
  for (let tries = 0; ; tries += 1) {
    const env = { NODE_OPTIONS: CLOCK, CLOCK_SHIFT_SECONDS: String(ahead) };
    const result = await lab.eeIn(env, ...args, '--json');
    if (result.exit !== 5 || tries === 45) return result;
    await sleep(2000);
  }
}

async function rotate(ahead: number, args: string[] = [], exit = 0): Promise<Rotated['domains']> {
  const result = await ee(ahead, 'dkim', 'rotate', '--yes', ...args);
  expect(result.exit, `${result.stdout}\n${result.stderr}`).toBe(exit);
  return result.json<Rotated>().domains;
}

/** A run that kills itself where it writes a line of the ledger. */
async function dies(ahead: number, at: string, ...args: string[]): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const env = {
      NODE_OPTIONS: `${CLOCK} ${preload('dies-in-ledger.mjs')}`,
      CLOCK_SHIFT_SECONDS: String(ahead),
      DIES_AT: at,
    };
    const result = await lab.eeIn(env, 'dkim', 'rotate', '--yes', ...args);
    if (result.exit === 5 && tries < 45) await sleep(2000);
    else return expect(result.exit, `${at}\n${result.stdout}\n${result.stderr}`).toBeUndefined();
  }
}

const states = (domains: Rotated['domains']) =>
  domains.map(({ keys }) => keys.map(({ selector, state }) => `${selector.slice(0, 1)} ${state}`).join(', '));
const waits = (domains: Rotated['domains']) => domains.map((one) => one.waits.map((wait) => wait.for).join(', '));
const selectorOf = (domains: Rotated['domains'], at = 0) => domains[at]?.keys.at(-1)?.selector ?? '';
const each = <T>(value: T): T[] => Array.from({ length: 5 }, () => value);
const domainOf = (index: number) => `mail${index}.lab.example`;
const all = [1, 2, 3, 4, 5].map(domainOf);
const senders = ['contact', 'support', 'hello', 'info', 'noreply'].map((name, at) => `${name}@${all[at] ?? ''}`);
const secrets = join(lab.folder, 'secrets');
const older = join(lab.folder, 'secrets-of-the-first-day');
const keyFile = (domain: string, selector: string) => join(secrets, 'dkim', domain, `${selector}.pem`);
const ledger = (domain: string) => readFile(join(secrets, 'dkim', domain, 'ledger.jsonl'), 'utf8');

describe('the rotation of DKIM keys', () => {
  let world: TestWorld;

  beforeAll(async () => {
    await lab.up('packages', { hosts: ['vps2', 'vps3'], world: true });
    world = await TestWorld.of(lab);
    expect((await lab.ee('dkim', 'generate')).exit).toBe(0);
    await world.publish();
    const deployed = await lab.ee('deploy', 'vps2', '--yes', '--json');
    expect(deployed.exit, deployed.stdout).toBe(0);
    await cp(secrets, older, { recursive: true });
  });
  afterAll(() => lab.down());

  /** What came, once all of it did. PowerMTA retries a delivery that met a busy machine after minutes; here at once. */
  async function arrived(count: number): Promise<ReceivedMessage[]> {
    for (let tries = 1; ; tries += 1) {
      await lab.sh('vps2', 'for n in 1 2 3 4 5; do pmta schedule inbox.example/vmta-mail$n >/dev/null || :; done');
      const asked = world.received({ to: 'reader@inbox.example', count, seconds: 40 });
      const messages = await asked.catch((error: unknown) => {
        if (tries === 4) throw error;
      });
      if (messages) return messages;
    }
  }

  /** Every message that came, by both verifiers: none may fail. Gives the selectors that signed. */
  async function assertAllVerify(accepted: readonly { readonly messageId: string }[]): Promise<Set<string>> {
    const messages = await arrived(accepted.length);
    const ids = new Set(messages.map(({ headers }) => headers.messageId));
    expect(accepted.filter(({ messageId }) => !ids.has(messageId))).toEqual([]);
    const doubtful = messages.filter(({ verdicts }) => !verdicts.dkim.some(({ result }) => result === 'pass'));
    expect(doubtful.map(({ verdicts }) => verdicts.dkim)).toEqual([]);
    for (const { id, verdicts } of messages) {
      expect(await world.signatures(id)).toEqual(verdicts.dkim.map(({ domain }) => `${domain} pass`));
    }
    return new Set(messages.flatMap(({ verdicts }) => verdicts.dkim.map(({ selector }) => selector)));
  }

  /** Waits until this many more messages were taken. */
  async function feed(accepted: readonly unknown[], more: number): Promise<void> {
    const before = accepted.length;
    while (accepted.length < before + more) await sleep(200);
  }

  it('[R62] is not begun with by a second set of first keys, where SECRETS_DIR is empty and DNS has them', async () => {
    const kept = join(lab.folder, 'kept-secrets');
    await rename(secrets, kept);
    const refused = await lab.ee('dkim', 'generate', '--json');
    expect([refused.exit, refused.json<{ error: { code: string } }>().error.code]).toEqual([
      3,
      'DKIM_SELECTOR_PUBLISHED',
    ]);
    expect(existsSync(secrets)).toBe(false);
    const anew = await lab.ee('dkim', 'generate', '--new-selectors', '--json');
    expect(anew.json<{ keys: { selector: string }[] }>().keys.map(({ selector }) => selector.slice(0, 3))).toEqual(
      each('s20'),
    );
    await rm(secrets, { recursive: true });
    await rename(kept, secrets);
  });

  it('[R64] [R88] [R93] of five domains lets every message verify, whatever is wrong in DNS meanwhile', async () => {
    const right = () => world.records();
    let fresh = '';
    const accepted = await whileFeeding(
      lab,
      'vps3',
      () => senders,
      async (taken) => {
        await feed(taken, 5);
        const begun = await rotate(0, ['--all']);
        fresh = selectorOf(begun);
        expect(fresh).toMatch(/^s\d{8}$/);
        expect(begun.flatMap(({ records }) => records.map(({ action, name }) => `${action} ${name}`))).toEqual(
          all.map((domain) => `publish ${fresh}._domainkey.${domain}`),
        );

        // A wrong key for the first domain, and a second record for the second one.
        const [line1 = '', line2 = ''] = begun.map(({ records }) => records[0]?.line ?? '');
        const records = await right();
        const foreign = line2.replace(`${fresh}._domainkey.${domainOf(2)}.`, `${fresh}._domainkey.${domainOf(1)}.`);
        await world.publish(
          `${records.replace(line1, foreign)}${line2.replace(/IN TXT .*/, 'IN TXT "v=DKIM1; p="')}\n`,
        );
        const wrong = await rotate(0, [], 3);
        expect(waits(wrong)).toEqual(['correction', 'correction', ...each('stability').slice(2)]);

        // Right on one of two name servers: the other one is stale.
        await world.publish(await right(), ['ns1']);
        expect(waits(await rotate(0, [], 3))).toEqual(['correction', 'correction', ...each('stability').slice(2)]);
        await world.publish(await right());
        expect(waits(await rotate(0))).toEqual(each('stability'));
        expect(states(await rotate(0.5 * HOUR))).toEqual(each('m active, s published'));

        // A name server and a resolver that do not answer: nothing moves, in either direction.
        await world.fault('ns2', { kind: 'stopped' });
        await world.fault('resolver2', { kind: 'stopped' });
        expect(waits(await rotate(2 * HOUR))).toEqual(each('answers'));
        await world.heal();
        await feed(taken, 5);

        expect(states(await rotate(2 * HOUR))).toEqual(each('m retiring, s active'));
        await feed(taken, 10);
        const again = await rotate(3 * HOUR);
        expect(waits(again)).toEqual(each('grace'));
        expect(again[0]?.waits[0]?.until?.slice(0, 10)).toBe(
          new Date(Date.now() + (2 * HOUR + 7 * DAY) * 1000).toISOString().slice(0, 10),
        );
      },
    );
    expect([...(await assertAllVerify(accepted))].sort()).toEqual(['mail', fresh]);
    expect(await lab.sh('vps2', `grep -c 'domain-key ${fresh},' /etc/pmta/config`)).toBe('5');
    expect((await ee(3 * HOUR, 'pmta', 'diff')).exit).toBe(0);
  });

  it('[R64] revokes the former keys after the grace, and removes them a month later', async () => {
    const late = await rotate(2 * HOUR + 7 * DAY - HOUR);
    expect(waits(late)).toEqual(each('grace'));
    expect(await world.records()).toContain('mail._domainkey.mail1.lab.example. 3600 IN TXT "v=DKIM1; k=rsa; p=MII');

    const revoked = await rotate(2 * HOUR + 8 * DAY);
    expect(states(revoked)).toEqual(each('m revoked, s active'));
    expect(waits(revoked)).toEqual(each('revocation'));
    expect(await lab.sh('vps2', `cd /etc/pmta/dkim; ls mail?.pem 2>/dev/null | wc -l; ls mail?.s*.pem | wc -l`)).toBe(
      '0\n5',
    );
    await world.publish();
    expect(await world.records()).toContain('mail._domainkey.mail1.lab.example. 3600 IN TXT "v=DKIM1; k=rsa; p="');
    expect(waits(await rotate(9 * DAY))).toEqual(each('tombstone'));
    expect(existsSync(keyFile(domainOf(1), 'mail'))).toBe(true);

    const removed = await rotate(39 * DAY);
    expect(removed[4]?.records).toEqual([{ action: 'delete', type: 'TXT', name: 'mail._domainkey.mail5.lab.example' }]);
    expect(existsSync(keyFile(domainOf(1), 'mail'))).toBe(false);
    await world.publish();
    expect(await world.records()).not.toContain('mail._domainkey.');
    expect(await rotate(39 * DAY)).toEqual([]);
    expect((await ee(39 * DAY, 'deploy', 'vps2', '--dry-run', '--exit-code')).exit).toBe(0);
  });

  it('[R19] [R62] goes on after a kill at every line of its ledger, and no message fails', async () => {
    await world.fresh();
    const only = ['--domain', domainOf(1)];
    const accepted = await whileFeeding(
      lab,
      'vps3',
      () => senders.slice(0, 1),
      async (taken) => {
        for (const when of ['before', 'within', 'after']) await dies(40 * DAY, `generated:${when}`, ...only);
        const [begun] = await rotate(40 * DAY, only);
        expect(begun?.keys.filter(({ state }) => state === 'generated')).toHaveLength(1);
        await world.publish();
        await dies(40 * DAY, 'published:within', ...only);
        await rotate(40 * DAY, only);
        const later = 40 * DAY + 2 * HOUR;
        await dies(later, 'verified:within', ...only);
        for (const at of ['activating', 'activated']) {
          for (const when of ['before', 'within', 'after']) {
            await dies(later, `${at}:${when}`, ...only);
            await feed(taken, 2);
          }
        }
        expect(waits(await rotate(later, only))).toEqual(['grace']);
        await feed(taken, 5);
      },
    );
    expect((await assertAllVerify(accepted)).size).toBe(2);
    await dies(50 * DAY, 'revoked:within', ...only);
    await rotate(50 * DAY, only);
    await world.publish();
    await dies(81 * DAY, 'removed:before', ...only);
    const [ended] = await rotate(81 * DAY, only);
    expect(ended?.keys.filter(({ state }) => state !== 'removed').map(({ state }) => state)).toEqual(['active']);
    await world.publish();
  });

  it('keeps the former key when a probe does not come, and DNS that is down moves nothing', async () => {
    await world.fresh();
    const only = ['--domain', domainOf(2)];
    const [begun] = await rotate(90 * DAY, only);
    const before = begun?.active ?? '';
    await world.publish();
    for (const server of ['ns1', 'ns2'] as const) await world.fault(server, { kind: 'stopped' });
    const quiet = await ledger(domainOf(2));
    expect(waits(await rotate(90 * DAY, only))).toEqual(['answers']);
    expect(await ledger(domainOf(2))).toBe(quiet);
    await world.heal();

    await rotate(90 * DAY, only);
    await lab.sh('vps2', `pmta pause queue '*/*'`);
    const [failed] = await rotate(90 * DAY + 2 * HOUR, only, 1);
    expect(failed?.failure).toBeTruthy();
    expect(failed?.active).toBe(before);
    expect(await lab.sh('vps2', `grep -c 'domain-key ${before},${domainOf(2)},' /etc/pmta/config`)).toBe('1');
    await lab.sh('vps2', `pmta resume queue '*/*'`);

    const [done] = await rotate(90 * DAY + 2 * HOUR, only);
    expect(done?.active).not.toBe(before);
  });

  it('replaces and revokes a key at once in an emergency', async () => {
    const only = ['--domain', domainOf(3)];
    const refused = await ee(100 * DAY, 'dkim', 'rotate', '--emergency', ...only);
    expect(refused.exit).toBe(2);
    expect(await rotate(100 * DAY, ['--emergency', '--dry-run', ...only])).toMatchObject([{ waits: [] }]);

    const [begun] = await rotate(100 * DAY, ['--emergency', ...only]);
    const leaked = begun?.active;
    await world.publish();
    const [done] = await rotate(100 * DAY, only);
    expect(done?.keys.find(({ selector }) => selector === leaked)?.state).toBe('revoked');
    expect(done?.records).toMatchObject([{ action: 'revoke', name: `${leaked ?? ''}._domainkey.${domainOf(3)}` }]);
    await world.publish();
    await world.fresh();
    const accepted = await whileFeeding(
      lab,
      'vps3',
      () => senders.slice(2, 3),
      (taken) => feed(taken, 3),
    );
    expect([...(await assertAllVerify(accepted))]).toEqual([done?.active]);
  });

  it('[R62] gives up a key whose file is lost before it signed, and makes another one, while the other domains go on', async () => {
    const both = [domainOf(4), domainOf(5)];
    const two = both.flatMap((domain) => ['--domain', domain]);
    const begun = await rotate(110 * DAY, two);
    const lost = selectorOf(begun);
    await world.publish();
    await rm(keyFile(domainOf(4), lost));
    expect((await ee(110 * DAY, 'dkim', 'status')).exit).toBe(3);

    // As every night, without a domain's name.
    const going = (await rotate(110 * DAY)).filter(({ domain }) => both.includes(domain));
    expect(states(going)).toEqual(['m removed, s active, s removed, s generated', 'm removed, s active, s published']);
    expect(going[0]?.records.map(({ action, name }) => `${action} ${name}`)).toEqual([
      `publish ${lost}b._domainkey.${domainOf(4)}`,
      `delete ${lost}._domainkey.${domainOf(4)}`,
    ]);
    await world.publish();
    await rotate(110 * DAY, two);
    const done = await rotate(110 * DAY + 2 * HOUR, two);
    expect(done.map(({ active }) => active)).toEqual([`${lost}b`, lost]);
  });

  it('[R62] is not undone by keys that are older than VPS2, which gives back what it signs with', async () => {
    const newest = join(lab.folder, 'newest-secrets');
    await rename(secrets, newest);
    await cp(older, secrets, { recursive: true });
    const before = await lab.sh('vps2', 'sha256sum /etc/pmta/config; ls /etc/pmta/dkim');
    for (const command of [
      ['deploy', 'vps2', '--dry-run'],
      ['deploy', 'vps2', '--yes'],
      ['pmta', 'apply', '--dry-run'],
      ['pmta', 'apply', '--yes'],
    ]) {
      const refused = await lab.ee(...command, '--json');
      expect(refused.exit, refused.stdout).toBe(2);
      const { code, message } = refused.json<{ error: { code: string; message: string } }>().error;
      expect(code).toBe('DKIM_KEYS_OLDER');
      expect(message).toContain(secrets);
    }
    const rotation = await lab.ee('dkim', 'rotate', '--all', '--yes', '--json');
    expect(rotation.exit).toBe(1);
    expect(rotation.json<{ failed: { code: string }[] }>().failed.map(({ code }) => code)).toEqual(
      each('DKIM_ACTIVE_NOT_IN_DNS'),
    );
    expect(await lab.sh('vps2', 'sha256sum /etc/pmta/config; ls /etc/pmta/dkim')).toBe(before);

    const recovered = await lab.ee('dkim', 'recover', '--json');
    expect(recovered.exit, recovered.stdout).toBe(0);
    expect(recovered.json<{ keys: { outcome: string }[] }>().keys.map(({ outcome }) => outcome)).toEqual(
      each('recovered'),
    );
    expect(recovered.stdout).not.toContain('PRIVATE KEY');
    for (const domain of all) {
      const [selector = ''] = (await ledger(domain)).match(/(?<="event":"recovered","selector":")[^"]+/) ?? [];
      expect(await readFile(keyFile(domain, selector))).toEqual(
        await readFile(join(newest, 'dkim', domain, `${selector}.pem`)),
      );
    }
    expect((await lab.ee('dkim', 'status', '--dns')).exit).toBe(0);
    expect((await lab.ee('deploy', 'vps2', '--dry-run', '--exit-code')).exit).toBe(0);

    await rm(secrets, { recursive: true });
    await rename(newest, secrets);
    expect((await ee(110 * DAY + 2 * HOUR, 'deploy', 'vps2', '--dry-run', '--exit-code')).exit).toBe(0);
  });
});
