import { EeError } from '../errors.js';

/**
 * The text of a settings file with `values` added. An empty `NAME=` is filled in; a name that stands only in a comment is
 * set in a new line below it; any other comes at the end. Every other byte stays as it is.
 */
export function fill(text: string, values: ReadonlyMap<string, string>): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  let filled = text;
  for (const [name, value] of values) {
    const assigned = written(name, value);
    filled =
      fillEmpty(filled, name, assigned) ??
      belowComment(filled, name, assigned, eol) ??
      atEnd(filled, name, assigned, eol);
  }
  return filled;
}

/** The pattern is matched on a copy where a CR is a blank, so that positions agree and CRLF is kept. */
function fillEmpty(text: string, name: string, value: string): string | undefined {
  const empty = `^([ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=)(?:[ \\t]*(?:''|""|\`\`))?(?=[ \\t]*(?:$|#))`;
  const match = new RegExp(empty, 'm').exec(text.replaceAll('\r', ' '));
  if (match === null) return undefined;
  const rest = text.slice(match.index + match[0].length);
  const start = match.index + (match[1]?.length ?? 0);
  return text.slice(0, start) + value + (rest.startsWith('#') ? ' ' : '') + rest;
}

function belowComment(text: string, name: string, value: string, eol: string): string | undefined {
  const comment = new RegExp(`^[ \\t]*#[ \\t]*${name}[ \\t]*=.*$`, 'm').exec(text.replaceAll('\r', ' '));
  if (comment === null) return undefined;
  const endOfLine = text.indexOf('\n', comment.index);
  if (endOfLine === -1) return undefined;
  return `${text.slice(0, endOfLine + 1)}${name}=${value}${eol}${text.slice(endOfLine + 1)}`;
}

function atEnd(text: string, name: string, value: string, eol: string): string {
  const gap = text === '' || text.endsWith('\n') ? '' : eol;
  return `${text}${gap}${name}=${value}${eol}`;
}

/** The value so that it is read back as it is: bare where nothing in it needs quotes. */
function written(name: string, value: string): string {
  if (/^[^\s#'"`\\]+$/.test(value)) return value;
  for (const quote of ["'", '`'] as const) {
    if (!value.includes(quote) && !/[\r\n\0]/.test(value)) return `${quote}${value}${quote}`;
  }
  throw new EeError('USAGE', {
    message: `${name} has a line break, or both kinds of quotes: no settings file can hold that.`,
    hint: `Give ${name} another value.`,
  });
}
