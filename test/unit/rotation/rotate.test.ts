import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EeError } from '../../../src/lib/errors.js';
import { intendedRotation, rotate, type RotationRequest } from '../../../src/lib/rotation/rotate.js';
import type { Site } from '../../../src/lib/rotation/site.js';
import { DAY, HOUR, makeKeys, Model, type Keys, withHost } from './model.js';

const [ONE, TWO] = ['mail1.example.com', 'mail2.example.com'] as const;
let keys: Keys;
let model: Model;
beforeAll(async () => {
  keys = await makeKeys(6);
}, 120_000);
beforeEach(() => {
  model = new Model([ONE, TWO], keys);
});

const whole = (request: Partial<RotationRequest> = {}, site: Partial<Site> = {}) =>
  rotate({ domains: [ONE, TWO], begin: false, emergency: false, ...request }, { ...model.site(), ...site });
const run = async (...of: Parameters<typeof whole>) => (await whole(...of)).outcomes;
const states = () =>
  [ONE, TWO].map((domain) =>
    model
      .domain(domain)
      .keys.map(({ selector, state }) => `${selector} ${state}`)
      .join(', '),
  );
const everywhere = () => {
  model.publish();
  for (const server of ['ns1', 'ns2']) model.load(server);
};
const S = 's20270115';

/** Two domains whose new keys have been in DNS for long enough. */
async function ready(): Promise<void> {
  await run({ begin: true });
  everywhere();
  await run();
  model.time += 2 * HOUR;
}

describe('a rotation', () => {
  it('does what it can in each run, asks once before the host is changed, and tells it step by step', async () => {
    const asked: string[][] = [];
    const told: string[] = [];
    const shown = {
      confirm: async (intentions: readonly string[]) => void asked.push([...intentions]),
      tell: (sentence: string) => void told.push(sentence),
    };
    const [begun] = await run({ begin: true, domains: [ONE] }, shown);
    expect(begun).toMatchObject({ steps: [`the key ${S} was made`], waits: [{ selector: S, for: 'publication' }] });
    everywhere();
    expect(await run({ domains: [ONE] }, shown)).toMatchObject([{ waits: [{ for: 'stability' }] }]);
    expect(asked).toEqual([]);
    model.time += 2 * HOUR;
    const [done] = await run({ domains: [ONE] }, shown);
    expect(done?.waits).toMatchObject([{ selector: 'mail', for: 'grace' }]);
    expect(asked).toEqual([[`${ONE}: sign with ${S} in the place of mail, once a probe through VPS2 verifies`]]);
    expect(told).toEqual([
      `${ONE}: the key ${S} was made`,
      `${ONE}: DNS answers with ${S}`,
      `${ONE}: DNS has answered with ${S} for as long as caches may remember what was before`,
      `${ONE}: mail is signed with ${S} in the place of mail; a probe through VPS2 verifies`,
    ]);
    expect([model.signing(ONE), model.signing(TWO)]).toEqual([S, 'mail']);
  });

  it('changes nothing on the host when the operator declines', async () => {
    await ready();
    const declined = new EeError('DECLINED', { question: 'Do this?' });
    await expect(run({}, { confirm: () => Promise.reject(declined) })).rejects.toBe(declined);
    expect(states()).toEqual([`mail active, ${S} verified`, `mail active, ${S} verified`]);
    expect(model.signing(ONE)).toBe('mail');
  });

  it('lets a key that does not prove itself go back alone', async () => {
    await ready();
    const site = withHost(model.site(), (host) => ({
      prove: async (domains) =>
        new Map([...(await host.prove(domains)), [TWO, { kind: 'failed', reason: 'the probe came unsigned' }]]),
    }));
    const { outcomes } = await rotate({ domains: [ONE, TWO], begin: false, emergency: false }, site);
    expect(outcomes.map(({ failure }) => failure)).toEqual([undefined, 'the probe came unsigned']);
    expect(states()).toEqual([`mail retiring, ${S} active`, `mail active, ${S} verified`]);
    expect([model.signing(ONE), model.signing(TWO)]).toEqual([S, 'mail']);
    expect(model.domain(TWO).keys[1]?.setback).toBe('the probe came unsigned');

    await run();
    expect(states()[1]).toBe(`mail retiring, ${S} active`);
  });

  it('keeps the former keys when PowerMTA refuses the configuration', async () => {
    await ready();
    model.refuseApply = true;
    const outcomes = await run();
    expect(outcomes.map(({ failure }) => failure?.startsWith('PowerMTA refuses'))).toEqual([true, true]);
    expect(states()).toEqual([`mail active, ${S} verified`, `mail active, ${S} verified`]);
  });

  it('brings no other change to the host with it', async () => {
    await ready();
    const pending = new EeError('DKIM_CONFIG_PENDING', { changes: ['change /etc/pmta/config'] });
    const { host } = withHost(model.site(), () => ({ assertCurrent: () => Promise.reject(pending) }));
    await expect(run({}, { host })).rejects.toBe(pending);
    expect(states()).toEqual([`mail active, ${S} verified`, `mail active, ${S} verified`]);
  });

  it('begins no second one for a domain as long as one is under way', async () => {
    await ready();
    await run({ begin: true });
    model.time += 8 * DAY;
    await run({ begin: true });
    expect(states()[0]).toBe(`mail revoked, ${S} active`);
    everywhere();
    model.time += 31 * DAY;
    await run({ begin: true });
    expect(states()[0]).toBe(`mail removed, ${S} active`);
  });

  it('shows what it would do, and does nothing of it', async () => {
    const request = { domains: [ONE], begin: true, emergency: false };
    expect((await intendedRotation(request, model.site())).outcomes).toMatchObject([
      { steps: [`make the key ${S}`], waits: [] },
    ]);
    expect((await intendedRotation({ ...request, emergency: true }, model.site())).outcomes).toMatchObject([
      { steps: [`make the key ${S}`, 'revoke all others as soon as it signs'] },
    ]);
    expect(states()[0]).toBe('mail active');
  });

  it('says in an emergency what it costs before anything is noted, and needs no cache to forget', async () => {
    const asked: string[] = [];
    const confirm = async (intentions: readonly string[]) => void asked.push(...intentions);
    await run({ domains: [ONE], emergency: true }, { confirm });
    expect(asked).toEqual([
      `${ONE}: replace all of its keys now, and revoke them at once`,
      'mail that is queued or on its way, signed with a key of before, fails DKIM from the moment when DNS says that the key is revoked',
    ]);
    everywhere();
    await run({ domains: [ONE], emergency: true }, { confirm });
    expect(states()[0]).toBe(`mail revoked, ${S} active`);
    expect(model.events(ONE).filter(({ event }) => event === 'emergency')).toHaveLength(1);
    expect(model.isOnHost(ONE, 'mail')).toBe(false);
  });

  it('of an emergency that ended says so when another one is declared, and when that was', async () => {
    await run({ domains: [ONE], emergency: true });
    everywhere();
    await run({ domains: [ONE] });
    model.time += HOUR;
    const asked: string[] = [];
    await run({ domains: [ONE], emergency: true }, { confirm: async (all) => void asked.push(...all) });
    expect(asked[0]).toBe(
      `${ONE}: the last emergency, declared on 2027-01-15 08:00 UTC, has ended: ${S} signs since 2027-01-15 08:00 UTC; another one counts that key as known to others too`,
    );
  });

  it('shows of an emergency what the run would do, also with a key that waits for its turn', async () => {
    await run({ domains: [ONE], begin: true });
    const request = { domains: [ONE], begin: true, emergency: true };
    const { outcomes } = await intendedRotation(request, model.site());
    expect(outcomes).toMatchObject([
      {
        steps: [
          `make the key ${S}b`,
          `revoke ${S}: its private key leaves VPS2, and DNS shall say that it is revoked`,
          'revoke all others as soon as it signs',
        ],
      },
    ]);
    expect(outcomes[0]?.keys.keys.map(({ compromised }) => compromised)).toEqual([true, true]);
    expect(states()[0]).toBe(`mail active, ${S} generated`);
    expect(model.events(ONE).some(({ event }) => event === 'emergency')).toBe(false);
  });
});

describe('a rotation without the file of a key', () => {
  it('gives up the one that waited, and makes another one under a new selector', async () => {
    await run({ begin: true });
    everywhere();
    model.files.delete(`${S}.${ONE}`);
    const { outcomes } = await intendedRotation({ domains: [ONE], begin: false, emergency: false }, model.site());
    expect(outcomes[0]?.steps).toEqual([
      `${S} is given up, and another key takes its place: its file is lost`,
      `make the key ${S}b`,
    ]);
    const [one] = await run();
    expect(one).toMatchObject({ removed: [S], waits: [{ selector: `${S}b`, for: 'publication' }] });
    expect(states()).toEqual([`mail active, ${S} removed, ${S}b generated`, `mail active, ${S} published`]);
  });

  it('goes on in an emergency', async () => {
    await run({ begin: true, domains: [ONE] });
    model.files.delete(`${S}.${ONE}`);
    await run({ domains: [ONE], emergency: true });
    everywhere();
    await run({ domains: [ONE] });
    expect(states()[0]).toBe(`mail revoked, ${S} revoked, ${S}b active`);
  });

  it('replaces the active one, since VPS2 has it', async () => {
    await ready();
    model.files.delete(`mail.${ONE}`);
    await run();
    expect(states()[0]).toBe(`mail retiring, ${S} active`);
  });
});

describe('a domain whose keys are not in order', () => {
  const broken = new EeError('DKIM_LEDGER_BROKEN', { file: 'ledger.jsonl', line: 3, reason: 'it is no JSON' });

  it('fails alone', async () => {
    const { keys: room, ...site } = model.site();
    const read = (domain: string) => (domain === ONE ? Promise.reject(broken) : room.read(domain));
    const { outcomes, failed } = await whole({ begin: true }, { ...site, keys: { ...room, read } });
    expect(failed).toEqual([{ domain: ONE, error: broken }]);
    expect(outcomes).toMatchObject([{ domain: TWO, steps: [`the key ${S} was made`] }]);
  });

  it('keeps the others from the host, whose configuration holds all', async () => {
    await ready();
    const site = withHost(model.site(), () => ({ assertCurrent: () => Promise.reject(broken) }));
    const { outcomes, failed } = await whole({}, site);
    expect([outcomes.length, failed.map(({ domain }) => domain)]).toEqual([0, [ONE, TWO]]);
    expect(states()).toEqual([`mail active, ${S} verified`, `mail active, ${S} verified`]);
  });

  it('is begun with by no rotation where DNS has something else under the active selector, but in an emergency', async () => {
    for (const server of Object.values(model.servers))
      server.zone = new Map([...server.zone, [`mail._domainkey.${ONE}`, ['v=DKIM1; k=rsa; p=']]]);
    const { failed } = await whole({ begin: true });
    expect(failed).toMatchObject([{ domain: ONE, error: { code: 'DKIM_ACTIVE_NOT_IN_DNS', exit: 3 } }]);
    expect(states()).toEqual(['mail active', `mail active, ${S} generated`]);
    expect((await whole({ begin: true, emergency: true, domains: [ONE] })).failed).toEqual([]);
    expect(states()[0]).toBe(`mail active, ${S} generated`);
  });

  it('is not silent about a ledger that was written by a clock which is ahead', async () => {
    await run({ begin: true, domains: [ONE] });
    model.behind = HOUR;
    const [one] = await run({ domains: [ONE] });
    expect(one?.doubts).toEqual([
      `the ledger of ${ONE} has a line of 2027-01-15 08:00 UTC, which is still to come: look at the clock of this machine, and of the one that wrote it`,
    ]);
  });
});
