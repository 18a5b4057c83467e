import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson, printableName, printableValue } from '../../src/lib/printable.js';

/** Everything that a terminal obeys or hides, by its own list: written from the tables of Unicode, not from the code. */
const HARMFUL =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u;

/** Text of anything, with more of what harms than chance would have. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\x1b[2J',
        '\x1b]0;title\x07',
        '\x9b31m',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\x7f',
        '\r',
        '\ud800',
        '✔ déjà 日本',
      ),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('utf8')),
    ),
  )
  .map((parts) => parts.join(''));

describe('text that ee did not make', () => {
  it.each([
    ['\x1b[31mred', '\\x1b[31mred'],
    ['\x1b]52;c;ZXZpbA==\x07', '\\x1b]52;c;ZXZpbA==\\x07'],
    ['\u009b2J', '\\x9b2J'],
    ['a\x7fb\rc\x00', 'a\\x7fb\\x0dc\\x00'],
    ['user\u202efdp.exe', 'user\\u202efdp.exe'],
    ['exam\u200bple.com', 'exam\\u200bple.com'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['half \ud83d', 'half \\ud83d'],
    ['a line\n\tand another, déjà vu ✔ 日本 ⚠\ufe0f', 'a line\n\tand another, déjà vu ✔ 日本 ⚠\ufe0f'],
  ])('is written out where it would be obeyed or hidden: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('holds nothing that a terminal obeys or hides, whatever it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printable(text)).not.toMatch(HARMFUL);
        expect(printableName(text)).not.toMatch(/[\n\t]/);
        expect(Buffer.from(printable(text)).toString('utf8')).toBe(printable(text));
      }),
      { numRuns: 500 },
    );
  });

  it('stays on its line as a name', () => {
    expect(printableName('a\nError: b\tc')).toBe('a\\nError: b\\tc');
  });

  it('is found in lists and objects, of which all else stays', () => {
    const when = new Date(0);
    expect(printableValue({ a: ['\x1b', 1, null], b: { c: '\u202e' }, when })).toEqual({
      a: ['\\x1b', 1, null],
      b: { c: '\\u202e' },
      when,
    });
  });

  it('is the same document in JSON, without a character that a terminal obeys or hides', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const json = printableJson(JSON.stringify({ [text]: [text] }, null, 2));
        expect(json).not.toMatch(HARMFUL);
        expect(JSON.parse(json)).toEqual({ [text]: [text] });
      }),
      { numRuns: 500 },
    );
  });
});
