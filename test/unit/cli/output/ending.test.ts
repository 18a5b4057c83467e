import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { statusOnceArrived } from '../../../../src/lib/cli/output/ending.js';
import { Outlet } from '../../../../src/lib/cli/output/outlet.js';

/** Standard streams whose readers take nothing, and what was given to standard error. */
function stalled(): { out: Outlet; err: Outlet; told: string[] } {
  const told: string[] = [];
  const out = new Outlet(() => false);
  out.write(Buffer.from('a result'));
  const err = new Outlet((bytes, done) => {
    told.push(Buffer.from(bytes).toString('utf8'));
    done();
    return true;
  });
  return { out, err, told };
}

describe('the end of the program', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('waits for a reader who takes his time, as long as he does', async () => {
    const streams = stalled();
    let status: number | undefined;
    void statusOnceArrived(streams, 0).then((one) => (status = one));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(status).toBeUndefined();
    streams.out.lose({ kind: 'reader' });
    await vi.advanceTimersByTimeAsync(0);
    expect([status, streams.told]).toEqual([0, []]);
  });

  it.each([
    [0, 1],
    [3, 1],
    [130, 1],
    [1, 1],
    [2, 2],
    [4, 4],
    [5, 5],
  ])('is a failure where the device is full: status %i becomes %i', async (status, expected) => {
    const streams = stalled();
    streams.out.lose({ kind: 'device', reason: 'no space left on device' });
    expect(await statusOnceArrived(streams, status)).toBe(expected);
    expect(streams.told.join('')).toContain(
      'Error: Standard output could not be written: no space left on device.\nNext: ',
    );
  });
});

describe('the end of an interrupted program', () => {
  it('does not wait for a reader who takes nothing', async () => {
    expect(await statusOnceArrived(stalled(), 130)).toBe(130);
  });
});
