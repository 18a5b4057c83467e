import { beforeAll, describe, expect, it } from 'vitest';
import { rotateAndWait } from '../../../src/lib/rotation/wait.js';
import { HOUR, makeKeys, Model, type Keys } from './model.js';

const DOMAIN = 'mail1.example.com';
let keys: Keys;
beforeAll(async () => {
  keys = await makeKeys(3);
}, 120_000);

describe('a rotation that waits', () => {
  it('looks at DNS again until nothing can go on in time, and tells all that was done', async () => {
    const model = new Model([DOMAIN], keys);
    const waiting = (): void => {
      model.publish();
      for (const server of ['ns1', 'ns2']) model.load(server);
    };
    const request = { domains: [DOMAIN], begin: true, emergency: false };
    const { outcomes, timedOut } = await rotateAndWait(request, { ...model.site(), waiting }, 600, 1000);
    const [outcome] = outcomes;
    expect(timedOut).toBe(true);
    expect(outcome?.steps).toEqual(['the key s20270115 was made', 'DNS answers with s20270115']);
    expect(outcome?.waits).toMatchObject([{ for: 'stability' }]);
  });

  it('leaves to a later run what comes later, and does not try a key again that failed', async () => {
    const model = new Model([DOMAIN], keys);
    const request = { domains: [DOMAIN], begin: true, emergency: false };
    for (let round = 0; round < 2; round += 1) {
      await rotateAndWait(request, model.site(), 0);
      model.publish();
      for (const server of ['ns1', 'ns2']) model.load(server);
    }
    model.time += 2 * HOUR;
    model.failProbes = true;
    const {
      outcomes: [failed],
    } = await rotateAndWait(request, model.site(), 3600);
    expect(failed?.failure).toBe('the probe did not come');
    model.failProbes = false;
    const {
      outcomes: [done],
      timedOut,
    } = await rotateAndWait(request, model.site(), 3600);
    expect(done?.waits).toMatchObject([{ for: 'grace' }]);
    expect(timedOut).toBe(false);
  });

  it('ends when the operator wants it to', async () => {
    const model = new Model([DOMAIN], keys);
    const stop = new AbortController();
    const site = { ...model.site(stop.signal), waiting: () => setTimeout(() => stop.abort(), 10) };
    await expect(rotateAndWait({ domains: [DOMAIN], begin: true, emergency: false }, site, 60)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      exit: 130,
    });
  });
});
