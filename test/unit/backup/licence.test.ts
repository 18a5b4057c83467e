import { describe, expect, it } from 'vitest';
import { examineLicence } from '../../../src/lib/backup/licence.js';
import { LICENCE_LINES } from '../../support/backup-set.js';

const now = new Date('2026-03-01T12:00:00Z');
const examine = (lines: readonly string[], end = '\n') => examineLicence(Buffer.from(lines.join(end) + end), now);
const codes = (lines: readonly string[]) => examine(lines).problems.map(({ code }) => code);
const expiring = (value: string) =>
  LICENCE_LINES.map((line) => (line.startsWith('expires') ? `expires: ${value}` : line));

describe('a licence', () => {
  it('[R15] is sound with CRLF and with LF, with a perpetual expiry and a continued check', () => {
    for (const end of ['\n', '\r\n']) {
      expect(examine(LICENCE_LINES, end)).toMatchObject({
        problems: [],
        facts: { product: 'PowerMTA', expires: 'perpetual' },
      });
    }
  });

  it('[R15] has its fields in any order, and its check continued wherever it stands', () => {
    const check = LICENCE_LINES.slice(-2);
    expect(codes([...check, ...LICENCE_LINES.slice(0, -2).reverse()])).toEqual([]);
  });

  it.each([
    ['2026-03-01', []],
    ['2026-02-28', ['LICENCE_EXPIRED']],
    ['20260228', ['LICENCE_EXPIRED']],
    ['28-Feb-2026', ['LICENCE_EXPIRED']],
    ['February 28, 2026', ['LICENCE_EXPIRED']],
    ['31-Dec-2030', []],
    ['never', []],
    ['2026-02-31', ['LICENCE_EXPIRY_UNCLEAR']],
    ['soon 7', ['LICENCE_EXPIRY_UNCLEAR']],
  ])('that expires %s, on the first of March 2026', (value, expected) => {
    expect(codes(expiring(value))).toEqual(expected);
  });

  it('[R15] is refused with a line that is no field, by its number alone', () => {
    const { problems } = examine(['product: PowerMTA', 'my-secret-line!', ...LICENCE_LINES.slice(1)]);
    expect(problems).toEqual([
      { code: 'LICENCE_SYNTAX', severity: 'error', message: 'line 2 is neither "name: value" nor the rest of check' },
    ]);
  });

  it('is refused with a field twice, without a needed one, or as no text', () => {
    expect(codes([...LICENCE_LINES, 'product: PowerMTA'])).toEqual(['LICENCE_SYNTAX']);
    expect(codes(['product: PowerMTA'])).toEqual(['LICENCE_FIELD_MISSING']);
    expect(examineLicence(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]), now).problems.map(({ code }) => code)).toEqual([
      'LICENCE_NOT_TEXT',
    ]);
  });
});
