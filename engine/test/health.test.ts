import { describe, expect, it } from 'vitest';
import { healthOf, type Component } from '../src/health.js';

const component = (name: string, check: () => Promise<void>): Component => ({ name, check });
const never = new Promise<void>(() => undefined);

describe('health', () => {
  it('[R101] calls a component unknown that gives no verdict in time, and the whole degraded', async () => {
    const health = healthOf([component('postgres', () => never), component('redis', () => Promise.resolve())], 20);
    expect(await health()).toEqual({ status: 'degraded', components: { postgres: 'unknown', redis: 'ok' } });
  });

  it('asks once for callers that come at the same time, and again for later ones', async () => {
    let asked = 0;
    const health = healthOf([
      component('postgres', () => {
        asked += 1;
        return Promise.resolve();
      }),
    ]);
    await Promise.all([health(), health(), health()]);
    expect(asked).toBe(1);
    await health();
    expect(asked).toBe(2);
  });

  it('follows a component that recovers', async () => {
    let well = false;
    const health = healthOf([component('redis', () => (well ? Promise.resolve() : Promise.reject(new Error('down'))))]);
    expect((await health()).components).toEqual({ redis: 'down' });
    well = true;
    expect((await health()).components).toEqual({ redis: 'ok' });
  });
});
