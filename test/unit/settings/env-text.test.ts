import { describe, expect, it } from 'vitest';
import { readEnvText } from '../../../src/lib/settings/env-text.js';

const values = (text: string): Record<string, string> =>
  Object.fromEntries(readEnvText(text).assignments.map(({ name, value }) => [name, value]));

describe('the text of a settings file', () => {
  it('[R8] ends an unquoted value before an inline comment and keeps the blanks inside it', () => {
    expect(values('MAILWIZZ_FROM_NAME=Holiday mail desk   # shown to readers')).toEqual({
      MAILWIZZ_FROM_NAME: 'Holiday mail desk',
    });
  });

  it('[R8] reads an empty value followed by a comment as not set', () => {
    expect(values('VPS3_HOST= # à venir\nOTHER=1')).toEqual({ VPS3_HOST: '', OTHER: '1' });
  });

  it('[R8] takes quotes off and keeps a # inside them', () => {
    expect(values(`A='x # y'\nB="two words"\nC=\`it's\`  # note`)).toEqual({ A: 'x # y', B: 'two words', C: "it's" });
  });

  it('[R8] reads CRLF lines, a byte order mark and `export` like plain lines', () => {
    expect(values('\uFEFFA=1\r\nexport B=two words\r\n\r\n# note\r\nC=3')).toEqual({ A: '1', B: 'two words', C: '3' });
  });

  it('[R8] reports a duplicate key with both of its lines and keeps the first value', () => {
    const { assignments, problems } = readEnvText('A=1\nB=2\nA=3\n');
    expect(assignments.map(({ value }) => value)).toEqual(['1', '2']);
    expect(problems).toEqual([{ line: 3, name: 'A', message: 'is set twice, on lines 1 and 3 — remove one of them' }]);
  });

  it('[R7] takes shell syntax as plain characters', () => {
    const text = 'A=$(touch /tmp/owned)\nB=`id`\nC=${HOME}\nD=a; rm -rf /\n';
    expect(values(text)).toEqual({ A: '$(touch /tmp/owned)', B: 'id', C: '${HOME}', D: 'a; rm -rf /' });
  });

  it('refuses a # inside an unquoted value instead of cutting the value there', () => {
    expect(readEnvText('PASSWORD=abc#def').problems).toEqual([
      {
        line: 1,
        name: 'PASSWORD',
        message: 'has a # in the value, which starts a comment — put the value in single quotes',
      },
    ]);
  });

  it('does not let an open quote swallow the lines below it', () => {
    const { assignments, problems } = readEnvText('A="open\nB=2\n');
    expect(problems.map(({ line, name }) => [line, name])).toEqual([[1, 'A']]);
    expect(assignments.find(({ name }) => name === 'B')?.value).toBe('2');
  });

  it('reports what is neither a comment nor an assignment', () => {
    expect(readEnvText('VPS1_IP: 192.0.2.10\n').problems).toEqual([
      { line: 1, message: 'is neither a comment nor NAME=value — correct or remove the line' },
    ]);
  });

  it('says so when the file is not UTF-8 text', () => {
    const utf16 = Buffer.from('A=1\n', 'utf16le').toString('utf8');
    expect(readEnvText(utf16).problems).toEqual([{ message: 'is not UTF-8 text — save it as UTF-8 in your editor' }]);
  });
});
