import { describe, expect, it } from 'vitest';
import { printText } from '../../../src/lib/pmta/document.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import type { Problem } from '../../../src/lib/pmta/problem.js';
import { withoutSecrets } from '../../../src/lib/pmta/redact.js';
import { problemCount, showProblems } from '../../../src/lib/pmta/show-problems.js';

const problem = (line: number, column: number, severity: Problem['severity'] = 'error', length = 1): Problem => ({
  line,
  column,
  endColumn: column + length,
  severity,
  code: 'some-code',
  message: 'is wrong',
  fix: 'Do better.',
  fixable: false,
});
const shown = (text: string, ...problems: Problem[]): string[] => showProblems('a.conf', Buffer.from(text), problems);

describe('a problem is shown', () => {
  it('with its place, its line and a caret below its column', () => {
    expect(shown('host-name x\r\n\tretry-after 0\r\n', problem(2, 14))).toEqual([
      'a.conf:2:14: error: is wrong [some-code]',
      '  2 | \tretry-after 0',
      '      \t            ^',
      '  fix: Do better.',
    ]);
  });

  it('in the characters of its message, be they of the file or of ee', () => {
    const message = `${Buffer.from('café').toString('latin1')} stands for \`virtual-mta=…\` → ✔`;
    expect(shown('', { ...problem(1, 1), message })[0]).toBe(
      'a.conf:1:1: error: café stands for `virtual-mta=…` → ✔ [some-code]',
    );
  });

  it('below the character, where characters before it have several bytes', () => {
    expect(shown('é x', problem(1, 4)).slice(1, 3)).toEqual(['  1 | é x', '        ^']);
  });

  it('with all of the part underlined, up to where the line is cut', () => {
    expect(shown('é blàd x', problem(1, 4, 'error', 5))[2]).toBe('        ^^^^');
    const underline = shown('a'.repeat(300), problem(1, 60, 'error', 200))[2] ?? '';
    expect(underline.length).toBe('  1 | …'.length + 100);
  });

  it('without a password, wherever in its line the problem is', () => {
    expect(shown('  Password  ab#cd', problem(1, 15, 'error', 3)).slice(1, 2)).toEqual([
      '  1 |   Password  [redacted]',
    ]);
  });

  it('without control characters that would reach the terminal', () => {
    expect(shown('a\u001b[31m', problem(1, 1))[1]).toBe('  1 | a·[31m');
  });

  it('with the part of a long line that it is in', () => {
    const [, line = '', caret = ''] = shown(`${'a'.repeat(300)}X${'b'.repeat(300)}`, problem(1, 301));
    expect(line).toHaveLength('  1 | …'.length + 101);
    expect(line[caret.indexOf('^')]).toBe('X');
  });

  it('and counted', () => {
    expect(problemCount([problem(1, 1), problem(2, 1), problem(3, 1, 'warning'), problem(4, 1, 'info')], 2)).toBe(
      '2 errors, 1 warning, 1 info in 2 files',
    );
    expect(problemCount([], 1)).toBe('no problems in 1 file');
  });
});

it('passwords and keys are hidden in a document for other output, to the end of their line', () => {
  const text = '<smtp-user a>\n  password  s3cret#rest\n</smtp-user>\nhttp-api-key "k"\nhost-name x\n';
  expect(printText(withoutSecrets(parseText(text)))).toBe(
    '<smtp-user a>\n  password  [redacted]\n</smtp-user>\nhttp-api-key [redacted]\nhost-name x\n',
  );
});
