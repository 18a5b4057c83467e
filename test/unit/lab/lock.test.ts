import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../src/lib/lab/lock.js';

const onLinux = process.platform === 'linux';

describe.skipIf(!onLinux)('withLock', () => {
  it('lets one after the other in, and says when one waits', async () => {
    const order: string[] = [];
    const name = `test-order-${process.pid}`;
    const first = withLock(name, async () => {
      order.push('first in');
      await new Promise((resolve) => setTimeout(resolve, 300));
      order.push('first out');
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = withLock(
      name,
      async () => void order.push('second in'),
      () => order.push('second waits'),
    );
    await Promise.all([first, second]);
    expect(order).toEqual(['first in', 'second waits', 'first out', 'second in']);
  });

  it('tells again and again for how long it has been waiting', async () => {
    const name = `test-wait-${process.pid}`;
    const told: number[] = [];
    const first = withLock(name, () => new Promise((resolve) => setTimeout(resolve, 1500)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all([
      first,
      withLock(
        name,
        async () => undefined,
        (seconds) => void told.push(seconds),
        500,
      ),
    ]);
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect([told[0], told.at(-1)]).toEqual([0, 1]);
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
      () => (waited = true),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    holder.kill('SIGKILL');
    expect(await got).toBe(true);
  });
});
