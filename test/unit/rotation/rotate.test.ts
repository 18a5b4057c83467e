import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EeError } from '../../../src/lib/errors.js';
import { intendedRotation, rotate, type RotationRequest } from '../../../src/lib/rotation/rotate.js';
import type { Site } from '../../../src/lib/rotation/site.js';
import { DAY, HOUR, makeKeys, Model, type Keys } from './model.js';

const [ONE, TWO] = ['mail1.example.com', 'mail2.example.com'] as const;
let keys: Keys;
let model: Model;
beforeAll(async () => {
  keys = await makeKeys(6);
}, 120_000);
beforeEach(() => {
  model = new Model([ONE, TWO], keys);
});

const run = (request: Partial<RotationRequest> = {}, site: Partial<Site> = {}) =>
  rotate({ domains: [ONE, TWO], begin: false, emergency: false, ...request }, { ...model.site(), ...site });
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
    const site = model.site();
    const prove: Site['host']['prove'] = async (domains) =>
      new Map([...(await site.host.prove(domains)), [TWO, { kind: 'failed', reason: 'the probe came unsigned' }]]);
    const outcomes = await rotate(
      { domains: [ONE, TWO], begin: false, emergency: false },
      { ...site, host: { ...site.host, prove } },
    );
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
    const site = model.site();
    const pending = new EeError('DKIM_CONFIG_PENDING', { changes: ['change /etc/pmta/config'] });
    const host = { ...site.host, assertCurrent: () => Promise.reject(pending) };
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
    expect(await intendedRotation(request, model.site())).toMatchObject([{ steps: [`make the key ${S}`], waits: [] }]);
    expect(await intendedRotation({ ...request, emergency: true }, model.site())).toMatchObject([
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
});
