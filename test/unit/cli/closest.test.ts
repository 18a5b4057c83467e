import { describe, expect, it } from 'vitest';
import { closest } from '../../../src/lib/closest.js';

describe('the closest name', () => {
  it('is the one with the fewest edits', () => {
    expect(closest('VPS1_PI', ['VPS1_IP', 'VPS2_IP', 'SSH_KEY'])).toBe('VPS1_IP');
    expect(closest('SENDNG_IPS', ['SENDER1', 'SENDING_IPS'])).toBe('SENDING_IPS');
    expect(closest('deploy al', ['deploy all', 'dkim status'])).toBe('deploy all');
  });

  it('is none when everything is too far away', () => {
    expect(closest('LOG_LEVEL', ['VPS1_IP', 'SSH_KEY'])).toBeUndefined();
    expect(closest('xyz', [])).toBeUndefined();
  });
});
