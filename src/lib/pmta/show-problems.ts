import { printableName } from '../printable.js';
import type { Problem } from './problem.js';
import { withoutSecret } from './redact.js';
import type { Repair } from './repair-files.js';

/** The problems of one file for people: where, what, the line itself with the part that is meant underlined, and what to do. */
export function showProblems(file: string, bytes: Uint8Array, problems: readonly Problem[]): string[] {
  if (problems.length === 0) return [];
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\n');
  let last: { readonly line: number; readonly source: string } | undefined;
  return problems.flatMap((problem) => {
    const { line, column, severity, code, message, fix, fixable } = problem;
    // A line with many problems is looked at once.
    if (last?.line !== line) last = { line, source: withoutSecret((lines[line - 1] ?? '').replace(/\r$/, '')) };
    const { source } = last;
    const advice = `  fix: ${fix}${fixable ? ' (--fix does)' : ''}`;
    const shown = `${file}:${line}:${column}: ${severity}: ${fromUtf8(message)} [${code}]`;
    return source === '' ? [shown, advice] : [shown, ...excerpt(source, problem), advice];
  });
}

/** How much of a long line is shown around the column. */
const WIDTH = 100;

/** So many bytes on each side of the column hold what is shown, whatever the characters are. */
const NEAR = 4 * WIDTH;

/** The line and what underlines the part. A character of several bytes takes one place, and tabs stay tabs. */
function excerpt(source: string, { line, column, endColumn }: Problem): string[] {
  const first = characterFrom(source, column - 1 - NEAR);
  const stop = characterFrom(source, column - 1 + NEAR);
  const before = inOnePlaceEach(source.slice(first, column - 1));
  const part = inOnePlaceEach(source.slice(column - 1, Math.min(endColumn - 1, stop)));
  const text = inOnePlaceEach(source.slice(first, stop));
  const from = text.length <= WIDTH ? 0 : Math.max(0, Math.min(before.length - WIDTH / 2, text.length - WIDTH));
  const start = `  ${line} | ${first + from > 0 ? '…' : ''}`;
  const end = stop < source.length || from + WIDTH < text.length ? '…' : '';
  const length = Math.max(1, Math.min(part.length, from + WIDTH - before.length));
  return [
    `${start}${text.slice(from, from + WIDTH)}${end}`,
    `${' '.repeat(start.length)}${before.slice(from).replace(/[^\t]/g, ' ')}${'^'.repeat(length)}`,
  ];
}

/** The place of the first character from a byte on: those that continue a character of UTF-8 are 10xxxxxx. */
function characterFrom(source: string, at: number): number {
  let place = Math.max(0, Math.min(at, source.length));
  for (let n = 0; n < 3 && place > 0 && (source.charCodeAt(place) & 0xc0) === 0x80; n++) place--;
  return place;
}

/** The line as it is shown above what underlines it: what cannot be seen is a dot, so that the places agree. */
const inOnePlaceEach = (source: string): string =>
  Array.from(fromUtf8(source), (one) => (one === '\t' || printableName(one) === one ? one : '·')).join('');

/**
 * Bytes of a file whose encoding is not known, in a text of one character a byte: UTF-8 where they are, else Latin-1. Characters beyond
 * a byte are ee's own, such as the "…" of a value that was cut.
 */
function fromUtf8(text: string): string {
  return text.replace(/[\x80-\xFF]+/g, (bytes) => {
    const decoded = Buffer.from(bytes, 'latin1').toString('utf8');
    return decoded.includes('\uFFFD') ? bytes : decoded;
  });
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
