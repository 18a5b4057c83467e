import { describe, expect, it } from 'vitest';
import { lagOf, reckon } from '../../src/shipper/bookkeeping.js';
import { NOWHERE, type FilePlace, type Place } from '../../src/shipper/place.js';
import { metricsOf, Progress } from '../../src/shipper/state-report.js';

const NOW = new Date('2026-11-24T08:00:00Z');
const at = (changes: Partial<FilePlace>): FilePlace => ({
  name: 'ee-acct.csv',
  current: false,
  size: 1000,
  offset: 1000,
  headerAt: 0,
  records: 10,
  ...changes,
});
const having = (files: Record<string, FilePlace>): Place => ({ ...NOWHERE, files });

describe('what is lost', () => {
  it('is nothing when a file goes that was handed over', () => {
    const { place, losses } = reckon(having({ one: at({}) }), [], new Set(['one']), NOW);
    expect(losses).toEqual([]);
    expect(place.files).toEqual({});
  });

  it('is what was not read of a file that is gone, named and counted', () => {
    const before = having({ one: at({ name: 'ee-acct-2026-11-24-0000.csv', size: 1500 }) });
    const { place, losses } = reckon(before, [], new Set(['one']), NOW);
    expect(losses).toEqual([
      {
        file: 'ee-acct-2026-11-24-0000.csv',
        bytes: 500,
        records: 5,
        why: 'it was deleted before it was handed over',
      },
    ]);
    expect(place.losses).toEqual({ files: 1, bytes: 500, records: 5, last: '2026-11-24T08:00:00.000Z' });
  });

  it('is unknown, and said, where PowerMTA was still writing the file', () => {
    const { losses } = reckon(having({ one: at({ current: true }) }), [], new Set(['one']), NOW);
    expect(losses).toMatchObject([{ file: 'ee-acct.csv', bytes: 0 }]);
  });

  it('is not decided at the first look that misses a file', () => {
    const before = having({ one: at({ current: true, size: 1500 }) });
    expect(reckon(before, [], new Set(), NOW)).toEqual({ place: before, losses: [] });
  });

  it('is what stood behind the place in a file that was cut short, which goes on at its end', () => {
    const found = { id: 'one', path: '/var/log/pmta/ee-acct.csv', size: 400, current: true, settled: false };
    const { place, losses } = reckon(having({ one: at({ size: 1500 }) }), [found], new Set(), NOW);
    expect(losses).toMatchObject([{ bytes: 500, why: 'it was cut short' }]);
    expect(place.files['one']).toMatchObject({ size: 400, offset: 400, current: true });
  });
});

describe('what the shipper says of itself', () => {
  it('is figures that Prometheus can read', () => {
    const place: Place = {
      ...having({ one: at({ size: 1500 }), two: at({ size: 1010 }) }),
      delivered: 7,
      acknowledged: '2026-11-24T07:59:00.000Z',
    };
    expect(lagOf(place)).toBe(510);
    const text = metricsOf({ to: 'api', place, failure: 'away', waiting: undefined }, NOW);
    expect(text).toContain(
      '# TYPE ee_accounting_shipper_lag_bytes gauge\nee_accounting_shipper_lag_bytes{to="api"} 510\n',
    );
    expect(text).toContain('\nee_accounting_shipper_delivered_total{to="api"} 7\n');
    expect(text).toContain('\nee_accounting_shipper_failing{to="api"} 1\n');
    expect(text).toContain(
      `\nee_accounting_shipper_acknowledged_timestamp_seconds{to="api"} ${NOW.getTime() / 1000 - 60}\n`,
    );
  });

  it('is since when it waits, from the moment on when something came or when a part of it went', () => {
    const progress = new Progress();
    const second = (count: number) => new Date(NOW.getTime() + 1000 * count);
    const seen = ([size, offset]: readonly [number, number], when: Date) => {
      progress.moved(having({ one: at({ size, offset }) }), when);
      return progress.waiting;
    };
    expect(seen([1000, 1000], second(0))).toBeUndefined();
    expect(seen([1500, 1000], second(1))).toEqual(second(1));
    expect(seen([1900, 1000], second(2))).toEqual(second(1));
    expect(seen([1900, 1500], second(3))).toEqual(second(3));
    expect(seen([1900, 1900], second(4))).toBeUndefined();
  });
});
