import { describe, expect, it } from 'vitest';
import { EeError } from '../../../src/lib/errors.js';
import { describeLacking } from '../../../src/lib/lab/requirements.js';

describe('describeLacking', () => {
  it('names what stands in the way and what is missing', () => {
    expect(describeLacking({ obstacles: ['you are not root'], packages: ['mmdebstrap', 'nftables'] })).toBe(
      'you are not root; it lacks mmdebstrap, nftables',
    );
  });

  it('says nothing where nothing lacks', () => {
    expect(describeLacking({ obstacles: [], packages: [] })).toBeUndefined();
  });
});

describe('a machine that cannot run a lab', () => {
  it('is a usage error that tells the line to type', () => {
    const error = new EeError('LAB_UNSUPPORTED', { reason: 'it lacks mmdebstrap', packages: ['mmdebstrap'] });
    expect(error.exit).toBe(2);
    expect(error.message).toBe('This machine cannot run a lab: it lacks mmdebstrap.');
    expect(error.hint).toBe('As root: apt-get install --no-install-recommends mmdebstrap');
  });
});
