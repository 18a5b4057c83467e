import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../src/lib/ssh/upload.js';

describe('parseAnswer', () => {
  it('reads what a host has of a file', () => {
    const sha256 = 'ab'.repeat(32);
    expect(parseAnswer('have\n')).toMatchObject({ have: true });
    expect(parseAnswer(`part 1024 ${sha256}\nfree 20480 /dev/vda1 on /\n`)).toEqual({
      have: false,
      part: { bytes: 1024, sha256 },
      free: 20_971_520,
      disk: '/dev/vda1 on /',
    });
    expect(parseAnswer('free 0 tmpfs on /var/lib/ee/staging\n')).toEqual({
      have: false,
      free: 0,
      disk: 'tmpfs on /var/lib/ee/staging',
    });
  });
});
