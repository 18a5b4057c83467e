import { describe, expect, it } from 'vitest';
import { isGeneric } from '../../../../src/lib/dns/check/reverse.js';

describe('a reverse name', () => {
  it.each([
    'static-7-2-0-192.provider.example',
    '192-0-2-7.example.net',
    '192.0.2.7.example.net',
    'host-192_0_2_7.example.net',
    'c0000207.example.net',
    'ip192000002007.example.net',
    'dynamic.example.net',
    'dsl-pool.example.net',
  ])('looks like a dial-up line: %s', (name) => {
    expect(isGeneric(name, '192.0.2.7')).toBe(true);
  });

  it.each(['mail7.example.com', 'mail1.lab.example', 'news.example.com', 'mx-2.example.com', 'out192.example.com'])(
    'does not look like one: %s',
    (name) => {
      expect(isGeneric(name, '192.0.2.7')).toBe(false);
    },
  );
});
