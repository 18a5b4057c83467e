import type { Word } from './document.js';

/**
 * `domain-macro` lists spread over lines. The guide knows no continuation, yet real files have two forms of it: a line that ends
 * with a comma, and a macro's name alone with the list on the next line.
 */
export function opensMacro(keyword: Word, value: Word): boolean {
  if (keyword.text.length !== 12 || keyword.text.toLowerCase() !== 'domain-macro') return false;
  return value.text.endsWith(',') || !/[\s,]/.test(value.text);
}

/** Whether the list that `last` belongs to has ended before `next`. */
export function endsMacro(last: string, next: string, afterName: boolean): boolean {
  if (next === '' || next.startsWith('<')) return true;
  if (last.endsWith(',')) return false;
  // After the name alone, only what looks like a list is one: `gmail.com, googlemail.com`.
  return !(afterName && /^(?=[^\s,]*[.$])[^\s,]+(\s*,|$)/.test(next));
}
