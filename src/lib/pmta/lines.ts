import type { Line, Word } from './document.js';

const BLANK = new Set([' ', '\t', '\r', '\v', '\f']);

const isBlank = (character: string | undefined): boolean => character !== undefined && BLANK.has(character);

/** Splits a text into lines; each keeps its own line end, and a lone carriage return stays inside its line. */
export function splitLines(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  while (start < text.length) {
    const feed = text.indexOf('\n', start);
    const stop = feed === -1 ? text.length : feed;
    const end = feed === -1 ? '' : feed > start && text[feed - 1] === '\r' ? '\r\n' : '\n';
    lines.push({ number: lines.length + 1, text: text.slice(start, end === '\r\n' ? stop - 1 : stop), end });
    start = stop + 1;
  }
  return lines;
}

/** The part of a text from `from` to `to` without the blanks around it. */
export function trimmed(text: string, from: number, to: number): Word {
  let start = from;
  let stop = to;
  while (start < stop && isBlank(text[start])) start++;
  while (stop > start && isBlank(text[stop - 1])) stop--;
  return { text: text.slice(start, stop), column: start + 1 };
}

/** A line taken apart: its statement, and its comment where it has one. `#` starts a comment anywhere; nothing escapes it. */
export function statementOf(line: Line): { statement: Word; comment?: Word } {
  const hash = line.text.indexOf('#');
  if (hash === -1) return { statement: trimmed(line.text, 0, line.text.length) };
  return {
    statement: trimmed(line.text, 0, hash),
    comment: { text: line.text.slice(hash), column: hash + 1 },
  };
}

/** The first word of a text and the rest of it. `word.column` says where the text stands in its line. */
export function firstWord(word: Word): { first: Word; rest: Word } {
  let stop = 0;
  while (stop < word.text.length && !isBlank(word.text[stop])) stop++;
  const rest = trimmed(word.text, stop, word.text.length);
  return {
    first: { text: word.text.slice(0, stop), column: word.column },
    rest: { text: rest.text, column: word.column + rest.column - 1 },
  };
}

/** All words of a text, split at blanks. */
export function wordsOf(word: Word): Word[] {
  const words: Word[] = [];
  let rest = word;
  while (rest.text !== '') {
    const taken = firstWord(rest);
    words.push(taken.first);
    rest = taken.rest;
  }
  return words;
}
