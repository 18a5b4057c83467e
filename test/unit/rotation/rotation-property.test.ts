import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { isUnderWay } from '../../../src/lib/dkim/ledger/domain-keys.js';
import { rotate } from '../../../src/lib/rotation/rotate.js';
import { BOUNCE_AFTER, DAY, HOUR, Killed, makeKeys, Model, type Keys, type LostState, type Mistake } from './model.js';

const DOMAINS = ['mail1.example.com', 'mail2.example.com'];

type Action =
  | {
      readonly do: 'run';
      readonly begin: boolean;
      readonly emergency: boolean;
      readonly dies: number;
      readonly rival: boolean;
      readonly who: readonly string[];
    }
  | { readonly do: 'publish' }
  | { readonly do: 'load'; readonly server: string }
  | { readonly do: 'spoil'; readonly server: string; readonly domain: string; readonly mistake: Mistake }
  | { readonly do: 'lose'; readonly domain: string; readonly state: LostState; readonly replaced: boolean }
  | { readonly do: 'silence'; readonly servers: readonly string[] }
  | { readonly do: 'host'; readonly refuseApply: boolean; readonly failProbes: boolean }
  | { readonly do: 'clock'; readonly behind: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'mail'; readonly domain: string };

const domain = fc.constantFrom(...DOMAINS);
const server = fc.constantFrom('ns1', 'ns2');

function actions(emergencies: boolean): fc.Arbitrary<Action[]> {
  const run = fc.record({
    do: fc.constant('run' as const),
    begin: fc.boolean(),
    emergency: emergencies ? fc.nat(9).map((one) => one === 0) : fc.constant(false),
    dies: fc.oneof(fc.nat(14), fc.constant(Number.POSITIVE_INFINITY)),
    rival: fc.boolean(),
    who: fc.subarray(DOMAINS, { minLength: 1 }),
  });
  return fc.array(
    fc.oneof(
      { weight: 8, arbitrary: run },
      { weight: 3, arbitrary: fc.constant({ do: 'publish' as const }) },
      { weight: 6, arbitrary: fc.record({ do: fc.constant('load' as const), server }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('spoil' as const),
          server,
          domain,
          mistake: fc.constantFrom<Mistake>('other key', 'two records', 'nothing', 'testing'),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('lose' as const),
          domain,
          state: fc.constantFrom<LostState>('pending', 'pending', 'active', 'retiring'),
          replaced: fc.boolean(),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('silence' as const),
          servers: fc.subarray(['ns1', 'ns2', 'resolver1', 'resolver2']),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('host' as const), refuseApply: fc.boolean(), failProbes: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('clock' as const), behind: fc.nat(2 * DAY) }) },
      {
        weight: 8,
        arbitrary: fc
          .oneof(fc.nat(2 * HOUR), fc.nat(3 * DAY), fc.nat(40 * DAY))
          .map((seconds) => ({ do: 'wait' as const, seconds })),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('mail' as const), domain }) },
    ),
    { minLength: 20, maxLength: 90 },
  );
}

async function perform(model: Model, action: Action): Promise<void> {
  switch (action.do) {
    case 'run':
      model.left = action.dies;
      model.rival = action.rival;
      model.deeds.length = 0;
      // A run that fails, and says so, is one of the things that happen.
      await rotate({ domains: action.who, begin: action.begin, emergency: action.emergency }, model.site()).catch(
        (error: unknown) => {
          if (error instanceof Killed || (error instanceof Error && error.name === 'EeError')) return;
          throw error;
        },
      );
      model.left = Number.POSITIVE_INFINITY;
      model.rival = false;
      return;
    case 'publish':
      return model.publish();
    case 'load':
      return model.load(action.server);
    case 'spoil':
      return model.spoil(action.server, action.domain, action.mistake);
    case 'lose':
      return model.lose(action.domain, action.state, action.replaced);
    case 'silence':
      model.silent = new Set(action.servers);
      return;
    case 'host':
      model.refuseApply = action.refuseApply;
      model.failProbes = action.failProbes;
      return;
    case 'clock':
      model.behind = action.behind;
      return;
    case 'wait':
      model.time += action.seconds;
      return;
    case 'mail':
      return model.send(action.domain);
  }
}

/** What must hold at every instant. */
function assertSound(model: Model): void {
  expect(model.intrusions()).toBe(0);
  for (const one of DOMAINS) {
    const { keys, active } = model.domain(one);
    expect(keys.filter(({ state }) => state === 'active')).toHaveLength(1);
    const may = [active, ...keys.filter(({ state }) => state === 'activating')].map(({ selector }) => selector);
    expect(may).toContain(model.signing(one));
    expect(model.isOnHost(one, model.signing(one))).toBe(true);
    const file = `${active.selector}.${one}`;
    expect(model.files.has(file) || model.lost.has(file)).toBe(true);
    const selectors = keys.map(({ selector }) => selector);
    expect(new Set(selectors).size).toBe(selectors.length);
  }
  expect(model.withoutActive()).toEqual([]);
  expect(model.failing()).toEqual([]);
}

/** Grace of each key that was replaced and was not known to others: from its replacement to its revocation, in seconds. */
function graces(model: Model): number[] {
  return DOMAINS.flatMap((one) => {
    const events = model.events(one);
    return events.flatMap((event) => {
      if (event.event !== 'activated') return [];
      const revoked = events.find((other) => other.event === 'revoked' && other.selector === event.replaces);
      return revoked ? [(Date.parse(revoked.at) - Date.parse(event.at)) / 1000] : [];
    });
  });
}

/** From here on everybody does what they should. */
async function behave(model: Model): Promise<void> {
  Object.assign(model, { silent: new Set(), refuseApply: false, failProbes: false, behind: 0 });
  for (let round = 0; round < 120 && DOMAINS.some((one) => isUnderWay(model.domain(one))); round += 1) {
    const whole = { do: 'run', begin: false, emergency: false, dies: Number.POSITIVE_INFINITY } as const;
    await perform(model, { ...whole, rival: round % 2 === 1, who: DOMAINS });
    model.publish();
    for (const one of ['ns1', 'ns2']) while (model.servers[one]?.coming.length) model.load(one);
    model.time += round % 4 === 3 ? 20 * DAY : 2 * HOUR;
    assertSound(model);
  }
}

describe('a rotation, whatever happens', () => {
  let keys: Keys;
  beforeAll(async () => {
    keys = await makeKeys(6);
  }, 120_000);

  it('[R64] has one active key at every instant, which DNS answers with, and no signature ever fails', async () => {
    await fc.assert(
      fc.asyncProperty(actions(false), async (all) => {
        const model = new Model(DOMAINS, keys);
        for (const action of all) {
          await perform(model, action);
          assertSound(model);
        }
        await behave(model);
        expect(DOMAINS.filter((one) => isUnderWay(model.domain(one)))).toEqual([]);
        for (const grace of graces(model)) expect(grace).toBeGreaterThanOrEqual(7 * DAY);
      }),
      { numRuns: 100 },
    );
  }, 300_000);

  it('[R64] holds in an emergency too, but for mail that a key signed which others know', async () => {
    await fc.assert(
      fc.asyncProperty(actions(true), async (all) => {
        const model = new Model(DOMAINS, keys);
        for (const action of all) {
          await perform(model, action);
          assertSound(model);
        }
        await behave(model);
        expect(DOMAINS.filter((one) => isUnderWay(model.domain(one)))).toEqual([]);
        for (const one of DOMAINS) expect(model.domain(one).active.compromised).toBe(false);
      }),
      { numRuns: 100 },
    );
  }, 300_000);

  it('[R24] is an activation that no deployment of another operator comes into', async () => {
    const model = new Model(DOMAINS, keys);
    const run = { do: 'run', emergency: false, dies: Number.POSITIVE_INFINITY, rival: true, who: DOMAINS } as const;
    await perform(model, { ...run, begin: true });
    model.publish();
    for (const one of ['ns1', 'ns2']) while (model.servers[one]?.coming.length) model.load(one);
    for (let round = 0; round < 4; round += 1) {
      model.time += 2 * HOUR;
      await perform(model, { ...run, begin: false });
      assertSound(model);
    }
    expect(DOMAINS.flatMap((one) => model.events(one)).filter(({ event }) => event === 'activated')).toHaveLength(2);
    // Between any two of: two keys brought, two notes, the application in two parts, the proof, two notes.
    expect(model.refused).toBeGreaterThanOrEqual(9);
  });

  it('keeps a replaced key in DNS for longer than any message can be on its way', () => {
    expect(7 * DAY).toBeGreaterThan(BOUNCE_AFTER + HOUR);
  });
});
