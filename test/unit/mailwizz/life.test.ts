import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lateCommands } from '../../../src/lib/mailwizz/cron.js';
import { shortages } from '../../../src/lib/mailwizz/space.js';
import { cutWork } from '../../../src/lib/mailwizz/state.js';
import { parseUnderWay, type UnderWay } from '../../../src/lib/mailwizz/under-way.js';
import { compareVersions } from '../../../src/lib/mailwizz/version.js';

const begun: UnderWay = { kind: 'upgrade', run: '20261127T220501Z-fd2492', by: 'alice@laptop', phase: 'changing' };

describe('work on the whole panel', () => {
  it('[R19] is read as it was written down, and nothing else is', () => {
    expect(parseUnderWay(JSON.stringify(begun))).toEqual(begun);
    const back: UnderWay = { ...begun, kind: 'rollback', target: '20261126T000000Z-000000' };
    expect(parseUnderWay(JSON.stringify(back))).toEqual(back);
    for (const wrong of [
      '',
      'null',
      '{',
      JSON.stringify({ ...begun, kind: 'party' }),
      JSON.stringify({ ...begun, phase: 'over' }),
      JSON.stringify({ ...begun, run: '../../etc' }),
      JSON.stringify({ ...begun, kind: 'rollback' }),
      JSON.stringify({ ...back, target: 'a/b' }),
    ]) {
      expect(parseUnderWay(wrong)).toBeUndefined();
    }
  });

  it('is over where a new panel is proven, though it could not say so any more', () => {
    expect(cutWork({ proven: false })).toBeUndefined();
    expect(cutWork({ proven: true, underWay: begun })).toBe(begun);
    const installing: UnderWay = { ...begun, phase: 'installing' };
    expect(cutWork({ proven: false, underWay: installing })).toBe(installing);
    expect(cutWork({ proven: true, underWay: installing })).toBeUndefined();
  });

  it('does not make scheduled commands late that could not run meanwhile', () => {
    expect(lateCommands({ installed: 30, ran: new Map([['queue', 5000]]) })).toEqual([]);
    expect(lateCommands({ installed: 150, ran: new Map([['queue', 5000]]) })).toEqual([
      'send-campaigns never ran',
      'queue ran 5000 s ago, is due every 60 s',
    ]);
  });
});

describe('room on the disks', () => {
  const one = (path: string, device: string, megabytes: number) => ({ path, device, freeKilobytes: megabytes * 1024 });
  const need = (path: string, megabytes: number) => ({ path, kilobytes: megabytes * 1024 });

  it('[R16] is shared by the folders of one file system, which keeps a margin', () => {
    const needs = [need('/var/lib/mysql', 200), need('/var/lib/ee', 100)];
    const shared = (free: number) => [one('/var/lib/mysql', '8', free), one('/var/lib/ee', '8', free)];
    expect(shortages(needs, shared(400))).toEqual([]);
    expect(shortages(needs, shared(399))).toEqual([
      { paths: ['/var/lib/mysql', '/var/lib/ee'], free: 399, needed: 400 },
    ]);
    expect(shortages(needs, [one('/var/lib/mysql', '8', 300), one('/var/lib/ee', '9', 199)])).toEqual([
      { paths: ['/var/lib/ee'], free: 199, needed: 200 },
    ]);
  });
});

describe('versions', () => {
  it.each([
    ['2.2.9', '2.2.11', -1],
    ['2.2.11', '2.2.11', 0],
    ['2.10.0', '2.9.9', 1],
    ['3.0', '2.7.6', 1],
    ['2.2', '2.2.0', 0],
  ])('are compared number by number: %s and %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  it('are in an order', () => {
    const version = fc.array(fc.nat(300), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join('.'));
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) || 0);
      }),
    );
  });
});
