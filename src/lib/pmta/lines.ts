import type { Line, Word } from './document.js';

/** Space, tab and the other control characters that stand between words; a lone carriage return is one of them. */
const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** Splits a text into lines; each keeps its own line end, and a lone carriage return stays inside its line. */
export function splitLines(text: string): Line[] {
  const lines: Line[] = [];
  let number = 1;
  let start = 0;
  for (let feed = text.indexOf('\n'); feed !== -1; feed = text.indexOf('\n', start)) {
    if (feed > start && text.charCodeAt(feed - 1) === 13)
      lines.push({ number, text: text.slice(start, feed - 1), end: '\r\n' });
    else lines.push({ number, text: text.slice(start, feed), end: '\n' });
    start = feed + 1;
    number++;
  }
  if (start < text.length) lines.push({ number, text: text.slice(start), end: '' });
  return lines;
}

/** The part of a text from `from` to `to` without the blanks around it. */
export function trimmed(text: string, from: number, to: number): Word {
  let start = from;
  let stop = to;
  while (start < stop && isBlank(text.charCodeAt(start))) start++;
  while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--;
  return { text: text.slice(start, stop), column: start + 1 };
}

/** The three bytes that Windows' editors put before a text in UTF-8. They are no part of its first word. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/** The byte order mark of a file, where this is its first line and has one. */
export const byteOrderMarkOf = ({ number, text }: Line): Word | undefined =>
  number === 1 && text.startsWith(BYTE_ORDER_MARK) ? { text: BYTE_ORDER_MARK, column: 1 } : undefined;

/** A line taken apart: its statement, and its comment where it has one. `#` starts a comment anywhere; nothing escapes it. */
export function statementOf(line: Line): { statement: Word; comment: Word | undefined } {
  const { text } = line;
  const start = byteOrderMarkOf(line)?.text.length ?? 0;
  const hash = text.indexOf('#');
  if (hash === -1) return { statement: trimmed(text, start, text.length), comment: undefined };
  return { statement: trimmed(text, start, hash), comment: { text: text.slice(hash), column: hash + 1 } };
}

/** The first word of a text and the rest of it. `word.column` says where the text stands in its line. */
export function firstWord({ text, column }: Word): { first: Word; rest: Word } {
  let stop = 0;
  while (stop < text.length && !isBlank(text.charCodeAt(stop))) stop++;
  let start = stop;
  while (start < text.length && isBlank(text.charCodeAt(start))) start++;
  return { first: { text: text.slice(0, stop), column }, rest: { text: text.slice(start), column: column + start } };
}

/** All words of a text, split at blanks. */
export function wordsOf(word: Word): Word[] {
  const words: Word[] = [];
  let at = 0;
  const { text, column } = word;
  while (at < text.length) {
    while (at < text.length && isBlank(text.charCodeAt(at))) at++;
    const start = at;
    while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
    if (at > start) words.push({ text: text.slice(start, at), column: column + start });
  }
  return words;
}
