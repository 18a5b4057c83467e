import type { Entry, Word } from './document.js';
import { firstWord, trimmed } from './lines.js';

/** An entry with a regular expression, taken apart: `reply /regex/ mode=backoff`, `header Subject /regex/ virtual-mta=a`. */
export interface RegexEntry {
  /** What stands before the expression: `reply`, `mail-from`, `header Subject`; empty in a list of bounce categories. */
  readonly kind: Word;
  /** Between the slashes; `undefined` where the closing one is missing. */
  readonly regex: Word | undefined;
  /** What stands after it: actions, a category or a result. */
  readonly result: Word;
}

/** Takes an entry apart at its slashes (`\/` is part of the expression); `undefined` where it has no expression at all. */
export function regexEntry({ value }: Entry): RegexEntry | undefined {
  // The slashes of a path are none of an expression.
  if (/^include\s/i.test(value.text)) return undefined;
  const open = openingSlash(value.text);
  if (open === -1) return undefined;
  const kind = part(value, 0, open);
  const close = closingSlash(value.text, open + 1);
  if (close === -1) return { kind, regex: undefined, result: { text: '', column: value.column + value.text.length } };
  return {
    kind,
    regex: { text: value.text.slice(open + 1, close), column: value.column + open + 1 },
    result: part(value, close + 1, value.text.length),
  };
}

/** Whether a comment begins inside the expression of an entry, so that its closing slash is lost. */
export function isCutShort(entry: Entry): boolean {
  const parts = regexEntry(entry);
  return entry.comment !== undefined && parts !== undefined && parts.regex === undefined;
}

/** The expression starts at a slash that begins a word. */
function openingSlash(text: string): number {
  if (text.startsWith('/')) return 0;
  return text.search(/(?<=[ \t])\//);
}

function closingSlash(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '/') return at;
  }
  return -1;
}

function part(value: Word, from: number, to: number): Word {
  const word = trimmed(value.text, from, to);
  return { text: word.text, column: value.column + word.column - 1 };
}

/** The virtual MTA or pool that an entry of a pattern list sends to. */
export function virtualMtaOf(result: Word): Word | undefined {
  const match = /(?:^|,)\s*virtual-mta=("?)([^",\s]+)\1/i.exec(result.text);
  if (!match) return undefined;
  const name = match[2] ?? '';
  return { text: name, column: result.column + match.index + match[0].indexOf(name, match[0].indexOf('=')) };
}

/** The word of an entry that says what it matches on: `reply`, `mail-from`, `*`. */
export const entryKind = (entry: Entry): string => firstWord(entry.value).first.text.toLowerCase();

/**
 * The expression as JavaScript can compile it: PowerMTA's are PCRE, matched without regard to case unless `(?-i)` is set. `undefined`
 * where it cannot be right in either language.
 */
export function compile(regex: string): RegExp | undefined {
  const plain = regex
    .replace(/\\\\|\(\?[a-zA-Z]*(?:-[a-zA-Z]*)?\)/g, (found) => (found === '\\\\' ? found : ''))
    .replace(/\(\?[imsx-]+:|\(\?[>|]/g, '(?:')
    .replace(/\(\?P</g, '(?<')
    .replace(/\(\?(?:P[=>]\w+|R|\d+)\)/g, '')
    .replace(
      /(\\.)|([*+?}])\+/g,
      (found, escaped: string | undefined, quantifier: string | undefined) => escaped ?? quantifier ?? found,
    );
  try {
    return new RegExp(plain, /\(\?-[a-z]*i/.test(regex) ? '' : 'i');
  } catch {
    return undefined;
  }
}
