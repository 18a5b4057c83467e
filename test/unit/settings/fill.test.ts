import { describe, expect, it } from 'vitest';
import { readEnvText } from '../../../src/lib/settings/env-text.js';
import { fill } from '../../../src/lib/settings/fill.js';

const filled = (text: string, values: Record<string, string>): string => fill(text, new Map(Object.entries(values)));

describe('filling a settings file', () => {
  it('fills empty values in their place and keeps their comments', () => {
    const text = '# mine\nA=\nB= # later\n C =   \nD=""\nE=# none\n';
    expect(filled(text, { A: '1', B: '2', C: '3', D: '4', E: '5' })).toBe(
      '# mine\nA=1\nB=2 # later\n C =3   \nD=4\nE=5 # none\n',
    );
  });

  it('sets a name that stands in a comment in the line below it', () => {
    expect(filled('# About A.\n#A=9\n\nB=2\n', { A: '1' })).toBe('# About A.\n#A=9\nA=1\n\nB=2\n');
  });

  it('adds what is not there at the end, also after a last line without an end', () => {
    expect(filled('B=2', { A: '1' })).toBe('B=2\nA=1\n');
    expect(filled('', { A: '1' })).toBe('A=1\n');
  });

  it('keeps CRLF', () => {
    expect(filled('A=\r\nB=2 \r\n#C=\r\n', { A: '1', C: '3', D: '4' })).toBe('A=1\r\nB=2 \r\n#C=\r\nC=3\r\nD=4\r\n');
  });

  it('does not take a longer name for the one to fill', () => {
    expect(filled('XA=\nAB=\n', { A: '1' })).toBe('XA=\nAB=\nA=1\n');
  });

  it('quotes what would be read otherwise, so that it is read back as it is', () => {
    for (const value of ['two words', 'a#b', "it's", 'say "no"', String.raw`back\slash`, '$HOME `x`', ' padded ']) {
      const [assignment] = readEnvText(filled('', { A: value })).assignments;
      expect(assignment).toEqual({ name: 'A', value, line: 1, doubtful: false });
    }
  });

  it('refuses a value that no line can hold', () => {
    expect(() => filled('', { A: 'a\nb' })).toThrow('A has a line break');
  });
});
