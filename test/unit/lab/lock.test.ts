import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../src/lib/lab/lock.js';

const onLinux = process.platform === 'linux';

/** Holds a lock from now until the function that it gives is called. */
async function held(name: string): Promise<() => void> {
  return new Promise((taken, reject) => {
    const until = (): Promise<void> => new Promise((release) => taken(release));
    withLock(name, until).catch(reject);
  });
}

describe.skipIf(!onLinux)('withLock', () => {
  it('lets one after the other in, and says when one waits', async () => {
    const order: string[] = [];
    const name = `test-order-${process.pid}`;
    const release = await held(name);
    await withLock(
      name,
      async () => void order.push('in'),
      () => {
        order.push('waits');
        release();
      },
    );
    expect(order).toEqual(['waits', 'in']);
  });

  it('tells again and again for how long it has been waiting', async () => {
    const name = `test-wait-${process.pid}`;
    const told: number[] = [];
    const release = await held(name);
    const tell = (seconds: number): void => {
      told.push(seconds);
      if (seconds > 0) release();
    };
    await withLock(name, async () => undefined, tell, 200);
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(told[0]).toBe(0);
    expect(told.at(-1)).toBeGreaterThan(0);
  });

  it('is free again after an error', async () => {
    const name = `test-error-${process.pid}`;
    await expect(withLock(name, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(name, async () => 'free')).toBe('free');
  });

  it('is freed by the kernel when its holder is killed', async () => {
    const name = `test-kill-${process.pid}`;
    const address = `ee-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
    const hold = `require('node:net').createServer().listen('\\0${address}', () => console.log('held'))`;
    const holder = spawn(process.execPath, ['-e', hold], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    let waited = false;
    const got = withLock(
      name,
      async () => waited,
      () => {
        waited = true;
        holder.kill('SIGKILL');
      },
    );
    expect(await got).toBe(true);
  });
});
