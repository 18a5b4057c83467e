import { parse } from 'dotenv';
import type { Problem } from './problem.js';

/** One `NAME=value` of the file. An empty value means "not set". */
export interface Assignment {
  readonly name: string;
  readonly value: string;
  /** Counts from 1. */
  readonly line: number;
  /** It reads otherwise than it looks: a problem says how, and nothing more is to be said of the value. */
  readonly doubtful: boolean;
}

export interface EnvText {
  readonly assignments: readonly Assignment[];
  readonly problems: readonly Problem[];
}

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/;
const QUOTED = /^\s*(?:'[^']*'|"(?:\\.|[^"\\])*"|`[^`]*`)\s*(?:#.*)?$/;

/**
 * Reads the text of a settings file as data, never as shell (R7). dotenv gives each value its meaning, one line at a time,
 * so that an open quote cannot swallow the lines below it; what dotenv would pass over in silence is a problem here (R8).
 */
export function readEnvText(text: string): EnvText {
  if (/[\0\uFFFD]/.test(text)) {
    return { assignments: [], problems: [{ message: 'is not UTF-8 text — save it as UTF-8 in your editor' }] };
  }
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const [index, content] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1;
    if (/^\s*(#|$)/.test(content)) continue;
    const [, name, written] = ASSIGNMENT.exec(content) ?? [];
    if (name === undefined || written === undefined) {
      problems.push({ line, message: 'is neither a comment nor NAME=value — correct or remove the line' });
      continue;
    }
    const mistake = mistakeIn(written);
    if (mistake !== undefined) problems.push({ line, name, message: mistake });
    const first = assignments.find((other) => other.name === name);
    if (first === undefined)
      assignments.push({ name, line, value: valueOf(name, written), doubtful: mistake !== undefined });
    else
      problems.push({ line, name, message: `is set twice, on lines ${first.line} and ${line} — remove one of them` });
  }
  return { assignments, problems };
}

function valueOf(name: string, written: string): string {
  return parse(`${name}=${written}`)[name] ?? '';
}

/** What dotenv reads otherwise than it looks. */
function mistakeIn(written: string): string | undefined {
  if (/^\s*['"`]/.test(written)) {
    return QUOTED.test(written)
      ? undefined
      : 'has a quote that does not close at the end of the value — close it, or remove it';
  }
  // An unquoted value ends at the first `#`, with or without a blank before it.
  if (/[^\s#]#/.test(written.replace(/\s#.*$/, ''))) {
    return 'has a # in the value, which starts a comment — put the value in single quotes';
  }
  return undefined;
}
