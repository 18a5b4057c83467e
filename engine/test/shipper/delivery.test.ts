import { describe, expect, it } from 'vitest';
import { backoff, retryAfter } from '../../src/shipper/backoff.js';
import { deliver, type Answer } from '../../src/shipper/delivery.js';
import type { AccountingRecord } from '../../src/shipper/records.js';

const records = (count: number): AccountingRecord[] =>
  Array.from({ length: count }, (_, index) => ({ kind: 'record', id: String(index), fields: { type: 'd' } }));

/** Delivers to an API that answers as `answer` says; tells what it was sent and how long each wait was. */
async function run(count: number, answer: (ids: string[], call: number) => Answer) {
  const sent: string[][] = [];
  const waits: number[] = [];
  const outcome = await deliver(records(count), {
    receiver: {
      send: (batch) => {
        const ids = batch.map(({ id }) => id);
        sent.push(ids);
        return Promise.resolve(answer(ids, sent.length));
      },
    },
    signal: new AbortController().signal,
    wait: (milliseconds) => Promise.resolve(void waits.push(milliseconds)),
    onFailure: () => undefined,
  });
  return { outcome, sent, waits };
}
const accepted = (ids: string[]): Answer => ({ kind: 'accepted', accepted: ids.length, duplicate: 0 });

describe('handing a batch over', () => {
  it('[R112] tries again for as long as it takes, less and less often', async () => {
    const { outcome, sent, waits } = await run(2, (ids, call) =>
      call <= 9 ? { kind: 'later', reason: 'away', after: 0 } : accepted(ids),
    );
    expect(outcome).toEqual({ accepted: 2, duplicate: 0, refused: [] });
    expect(sent).toHaveLength(10);
    for (const [attempt, milliseconds] of waits.entries()) {
      const longest = Math.min(60_000, 1000 * 2 ** attempt);
      expect(milliseconds).toBeGreaterThanOrEqual(longest / 2);
      expect(milliseconds).toBeLessThanOrEqual(longest);
    }
  });

  it('waits as long as the API asks for', async () => {
    const { waits } = await run(1, (ids, call) =>
      call === 1 ? { kind: 'later', reason: 'busy', after: 90_000 } : accepted(ids),
    );
    expect(waits).toEqual([90_000]);
  });

  it('[R112] finds the records at fault in a refused batch, and hands all others over once', async () => {
    const atFault = ['3', '4', '12'];
    const taken: string[] = [];
    const { outcome, sent } = await run(16, (ids) => {
      if (ids.some((id) => atFault.includes(id))) return { kind: 'refused', reason: 'no' };
      taken.push(...ids);
      return accepted(ids);
    });
    expect(outcome.refused.map(({ record, reason }) => [record.id, reason])).toEqual(atFault.map((id) => [id, 'no']));
    expect(outcome.accepted).toBe(13);
    expect(taken).toHaveLength(13);
    expect(new Set(taken).size).toBe(13);
    expect(sent.length).toBeLessThan(30);
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    const delivering = deliver(records(1), {
      receiver: { send: () => Promise.resolve({ kind: 'later', reason: 'away', after: 0 }) },
      signal: stop.signal,
      wait: () => Promise.resolve(stop.abort()),
      onFailure: () => undefined,
    });
    await expect(delivering).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('Retry-After', () => {
  it.each([
    [undefined, 0],
    ['7', 7_000],
    ['999999', 600_000],
    ['Tue, 24 Nov 2026 08:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 07:00:00 GMT', 0],
    ['soon', 0],
  ])('%j is %i ms', (header, expected) => {
    expect(retryAfter(header, Date.parse('2026-11-24T08:00:00Z'))).toBe(expected);
  });

  it('the waits differ between shippers', () => {
    expect(backoff(3, () => 0)).toBe(4_000);
    expect(backoff(3, () => 1)).toBe(8_000);
    expect(backoff(50, () => 1)).toBe(60_000);
  });
});
