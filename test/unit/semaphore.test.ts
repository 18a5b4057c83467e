import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../src/lib/semaphore.js';

/** Lets 20 workers through and tells how many were inside at once at most, and the order in which they came. */
async function crowd(semaphore: Semaphore, inside: (active: number) => void = () => undefined) {
  let active = 0;
  let most = 0;
  const order: number[] = [];
  const worker = async (index: number) => {
    const release = await semaphore.acquire();
    order.push(index);
    most = Math.max(most, ++active);
    inside(active);
    await new Promise((resolve) => setImmediate(resolve));
    active -= 1;
    release();
    release();
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => worker(index)));
  return { most, order };
}

describe('Semaphore', () => {
  it('lets a limited number through at once, in order', async () => {
    const { most, order } = await crowd(new Semaphore(8));
    expect(most).toBe(8);
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('allows fewer from then on when it is lowered, but never nobody', async () => {
    const semaphore = new Semaphore(8);
    const release = await semaphore.acquire();
    expect(semaphore.lower()).toBe(false);
    const second = await semaphore.acquire();
    expect(semaphore.lower()).toBe(true);
    second();
    release();
    expect((await crowd(semaphore)).most).toBe(1);
  });
});
