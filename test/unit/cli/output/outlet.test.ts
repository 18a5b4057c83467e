import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Notes } from '../../../../src/lib/cli/output/notes.js';
import { Outlet } from '../../../../src/lib/cli/output/outlet.js';
import { fileSink } from '../../../../src/lib/cli/output/sinks.js';

/** An outlet whose reader takes what it is given only when told to. */
function slow(): { outlet: Outlet; take: () => void; fail: (code: string) => void; held: () => number } {
  const held: ((error?: Error) => void)[] = [];
  return {
    outlet: new Outlet((_, done) => held.push(done) < 4),
    take: () => held.shift()?.(),
    fail: (code) => held.shift()?.(Object.assign(new Error(`${code}: it failed, write`), { code, errno: -28 })),
    held: () => held.length,
  };
}

/** Whether the promise is settled once everything that is due now has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('an outlet', () => {
  it('has arrived only once all of it was taken', async () => {
    const { outlet, take } = slow();
    expect(await isSettled(outlet.arrived())).toBe(true);
    outlet.write(Buffer.from('one'));
    outlet.write(Buffer.from('two'));
    const arrived = outlet.arrived();
    take();
    expect([await isSettled(arrived), outlet.waiting]).toEqual([false, 3]);
    take();
    expect([await isSettled(arrived), outlet.waiting]).toEqual([true, 0]);
  });

  it('has no room while a reader is far behind: what waits for it holds no more than that', async () => {
    const { outlet, take, held } = slow();
    let written = 0;
    const endless = (async () => {
      while (outlet.loss === undefined && written < 1000) {
        outlet.write(Buffer.alloc(16 * 1024));
        written += 1;
        await outlet.room(new AbortController().signal);
      }
    })();
    expect(await isSettled(endless)).toBe(false);
    expect([written, held()]).toEqual([4, 4]);
    take();
    await new Promise((resolve) => setImmediate(resolve));
    expect([written, held()]).toEqual([5, 4]);
    outlet.lose({ kind: 'reader' });
    await endless;
  });

  it('is waited for no longer once the signal comes', async () => {
    const { outlet } = slow();
    const interrupt = new AbortController();
    outlet.write(Buffer.alloc(100_000));
    const room = outlet.room(interrupt.signal);
    expect(await isSettled(room)).toBe(false);
    interrupt.abort();
    expect(await isSettled(room)).toBe(true);
  });

  it('is lost with its reader, says so once, and takes what is written as nothing', async () => {
    const { outlet, fail, held } = slow();
    const losses: unknown[] = [];
    outlet.onLoss((loss) => losses.push(loss));
    outlet.write(Buffer.from('one'));
    outlet.write(Buffer.from('two'));
    fail('EPIPE');
    fail('ENOSPC');
    expect(outlet.write(Buffer.from('three'))).toBe(true);
    outlet.onLoss((loss) => losses.push(loss));
    expect([losses, held()]).toEqual([[{ kind: 'reader' }, { kind: 'reader' }], 0]);
    await outlet.arrived();
  });

  it('is lost with a device that is full, with the reason in words', () => {
    const { outlet, fail } = slow();
    outlet.write(Buffer.from('one'));
    fail('ENOSPC');
    expect(outlet.loss).toEqual({ kind: 'device', reason: 'no space left on device' });
  });
});

describe('notes to a reader who does not read', () => {
  it('are kept up to a limit, and beyond it counted: memory does not grow with them', async () => {
    const texts: string[] = [];
    const taken: (() => void)[] = [];
    const outlet = new Outlet((bytes, done) => {
      texts.push(Buffer.from(bytes).toString('utf8'));
      return taken.push(done) < 4;
    });
    const notes = new Notes(() => outlet);
    for (let line = 0; line < 100_000; line += 1) notes.say(`vps1:   | ${'x'.repeat(89)}`);
    expect([outlet.waiting, taken.length]).toEqual([10_486 * 100, 10_486]);
    for (const take of taken.splice(0)) take();
    await outlet.arrived();
    notes.say('vps1: the next step');
    notes.end();
    expect(texts.slice(10_486)).toEqual([
      '… 89514 lines of progress were left out, since standard error was not read.\n',
      'vps1: the next step\n',
    ]);
  });
});

describe('a file or a device', () => {
  it('gets every byte in order, however few it takes at a time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 })),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (parts, counts) => {
          const taken: number[] = [];
          const some = (_: number, bytes: Uint8Array, at: number, length: number): number => {
            const count = Math.min(length, counts.next().value ?? 1);
            taken.push(...bytes.subarray(at, at + count));
            return count;
          };
          const outlet = new Outlet(fileSink(1, some as never));
          for (const part of parts) outlet.write(part);
          expect(taken).toEqual(parts.flatMap((part) => [...part]));
          expect([outlet.waiting, outlet.loss]).toEqual([0, undefined]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
