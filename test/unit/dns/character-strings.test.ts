import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { join, quoted, split } from '../../../src/lib/dns/character-strings.js';

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 1200,
});

describe('the character strings of a TXT record', () => {
  it('[R90] have at most 255 octets', () => {
    fc.assert(
      fc.property(printable, (text) => {
        expect(Math.max(...split(text).map((string) => Buffer.byteLength(string)))).toBeLessThanOrEqual(255);
      }),
    );
  });

  it('[R91] give the value back when they are joined with nothing between', () => {
    fc.assert(
      fc.property(printable, (text) => {
        expect(join(split(text))).toBe(text);
      }),
    );
  });

  it('are one for a short value, even an empty one, and two for the record of an RSA-2048 key', () => {
    expect(split('')).toEqual(['']);
    expect(split('v=DMARC1; p=none')).toEqual(['v=DMARC1; p=none']);
    expect(split('x'.repeat(255))).toHaveLength(1);
    expect(split('x'.repeat(410)).map((string) => string.length)).toEqual([255, 155]);
  });

  it('are never cut inside of a character: only ASCII is taken', () => {
    expect(() => split('caf\u00e9')).toThrow(RangeError);
  });

  it('are quoted for a zone file', () => {
    expect(quoted(['a "b"', 'c\\d'])).toBe('"a \\"b\\"" "c\\\\d"');
  });
});
