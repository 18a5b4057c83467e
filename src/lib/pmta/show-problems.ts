import type { Problem } from './problem.js';
import { withoutSecret } from './redact.js';
import type { Repair } from './repair-files.js';

/** The problems of one file for people: where, what, the line itself with the part that is meant underlined, and what to do. */
export function showProblems(file: string, bytes: Uint8Array, problems: readonly Problem[]): string[] {
  if (problems.length === 0) return [];
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\n');
  return problems.flatMap((problem) => {
    const { line, column, severity, code, message, fix, fixable } = problem;
    const source = withoutSecret((lines[line - 1] ?? '').replace(/\r$/, ''));
    const advice = `  fix: ${fix}${fixable ? ' (--fix does)' : ''}`;
    const shown = `${file}:${line}:${column}: ${severity}: ${fromUtf8(message)} [${code}]`;
    return source === '' ? [shown, advice] : [shown, ...excerpt(source, problem), advice];
  });
}

/** How much of a long line is shown around the column. */
const WIDTH = 100;

/** The line and what underlines the part. A character of several bytes takes one place, and tabs stay tabs. */
function excerpt(source: string, { line, column, endColumn }: Problem): string[] {
  const before = fromUtf8(source.slice(0, column - 1));
  const part = fromUtf8(source.slice(column - 1, endColumn - 1));
  const text = fromUtf8(source);
  const from = text.length <= WIDTH ? 0 : Math.max(0, Math.min(before.length - WIDTH / 2, text.length - WIDTH));
  const start = `  ${line} | ${from > 0 ? '…' : ''}`;
  const end = from + WIDTH < text.length ? '…' : '';
  const length = Math.max(1, Math.min(part.length, from + WIDTH - before.length));
  return [
    `${start}${text.slice(from, from + WIDTH)}${end}`,
    `${' '.repeat(start.length)}${before.slice(from).replace(/[^\t]/g, ' ')}${'^'.repeat(length)}`,
  ];
}

/** Text of a file whose encoding is not known: UTF-8 where it is valid, else Latin-1. Control characters are not passed on. */
function fromUtf8(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  const text = bytes.toString('utf8');
  return (text.includes('\uFFFD') ? latin1 : text).replace(/[\u0000-\u0008\u000A-\u001F\u007F-\u009F]/g, '·');
}

/** `3 errors, 1 warning in 2 files`. */
export function problemCount(problems: readonly Problem[], files: number): string {
  const parts = (['error', 'warning', 'info'] as const).map((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 || severity === 'info' ? '' : 's'}`];
  });
  const found = parts.flat();
  return `${found.length === 0 ? 'no problems' : found.join(', ')} in ${files} ${files === 1 ? 'file' : 'files'}`;
}

/** What was repaired in a file, or with `dryRun` what would be, as a difference. */
export function showRepair({ file, repaired, copy, diff }: Repair, dryRun: boolean): string[] {
  if (repaired.length === 0) return [`${file}: nothing to repair`];
  if (dryRun) return diff.replace(/\n$/, '').split('\n').map(fromUtf8);
  return [
    ...repaired.map(({ line, code, message }) => `${file}:${line}: repaired: ${fromUtf8(message)} [${code}]`),
    ...(copy === undefined ? [] : [`${file}: as it was: ${copy}`]),
  ];
}
