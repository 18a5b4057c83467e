import { describe, expect, it } from 'vitest';
import { lagOf, reckon } from '../../src/shipper/bookkeeping.js';
import { NOWHERE, type FilePlace, type Place } from '../../src/shipper/place.js';
import { metricsOf } from '../../src/shipper/state-report.js';

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
    const text = metricsOf({ place, failure: 'away' }, NOW);
    expect(text).toContain('# TYPE ee_accounting_shipper_lag_bytes gauge\nee_accounting_shipper_lag_bytes 510\n');
    expect(text).toContain('\nee_accounting_shipper_delivered_total 7\n');
    expect(text).toContain('\nee_accounting_shipper_failing 1\n');
    expect(text).toContain(`\nee_accounting_shipper_acknowledged_timestamp_seconds ${NOW.getTime() / 1000 - 60}\n`);
  });
});
