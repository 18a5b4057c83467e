import { describe, expect, it } from 'vitest';
import { isDrift, originOf, type ConfigurationTrace } from '../../../../src/lib/pmta/host/origin.js';

const trace = (changes: Partial<ConfigurationTrace>): ConfigurationTrace => ({
  pristine: false,
  journalled: false,
  ...changes,
});

describe('whose the configuration on a host is', () => {
  it.each<[string, Partial<ConfigurationTrace>]>([
    ['absent', {}],
    ['absent', { applied: 'a' }],
    ['ours', { current: 'a', applied: 'a' }],
    // Of a run that was cut, before and after it had put its own in place, and of one that was cut after that.
    ['ours', { current: 'b', applied: 'a', applying: { next: ['b'], previous: 'a' } }],
    ['ours', { current: 'c', applied: 'a', applying: { next: ['b', 'c'], previous: 'a' } }],
    ['ours', { current: 'p', applying: { next: ['b'], previous: 'p' } }],
    ['pristine', { current: 'p', pristine: true }],
    ['changed', { current: 'x', applied: 'a' }],
    ['changed', { current: 'x', applied: 'a', applying: { next: ['b'], previous: 'a' } }],
    ['ours', { current: 'x', journalled: true }],
    ['changed', { current: 'x', applied: 'a', journalled: true }],
    ['foreign', { current: 'x' }],
  ])('is %s: %j', (origin, known) => {
    expect(originOf(trace(known))).toBe(origin);
    expect(isDrift(originOf(trace(known)))).toBe(origin === 'changed' || origin === 'foreign');
  });
});
