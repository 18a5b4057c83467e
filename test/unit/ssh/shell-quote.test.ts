import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../../src/lib/ssh/shell-quote.js';

describe('quote', () => {
  it('makes one word of a value with quotes, spaces and expansions', () => {
    expect(quote(`it's $HOME \`id\``)).toBe(`'it'\\''s $HOME \`id\`'`);
    expect(quote('')).toBe(`''`);
  });

  it('is read back unchanged by a real shell, whatever the value', () => {
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    const words = fc.array(value, { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(words, (given) => {
        const output = execFileSync('sh', ['-c', `printf '%s\\0' ${given.map(quote).join(' ')}`], { encoding: 'utf8' });
        expect(output.split('\0').slice(0, -1)).toEqual(given);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses a NUL, which no shell word can hold', () => {
    expect(() => quote('a\0b')).toThrow('NUL');
  });
});
