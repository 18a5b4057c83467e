import { stripVTControlCharacters } from 'node:util';
import { closest } from '../closest.js';

/** What oclif's parser attaches to its errors. */
export interface ParserError extends Error {
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, { readonly helpValue?: unknown }>> } };
  /** Of flags that do not exist, with their hyphens. */
  readonly flags?: readonly string[];
  /** Of arguments that are missing, or too many. */
  readonly args?: readonly (string | { readonly name: string; readonly options?: readonly string[] })[];
}

type Told = (match: readonly string[], error: ParserError, command: string) => string;

/** The parser's sentences, each with what is said in its place. What is not here is shown as it is. */
const SENTENCES: readonly (readonly [RegExp, Told])[] = [
  [/^Nonexistent flags?: (.+)$/, ([flags = ''], _, command) => `\`${command}\` has no flag ${flags}.`],
  [
    /^Missing required flag (\S+)$/,
    ([flag = ''], { parse }, command) => `\`${command}\` needs --${flag}${helpValue(parse?.input?.flags?.[flag])}.`,
  ],
  [
    /^Missing \d+ required args?/,
    (_, { args = [] }, command) => `\`${command}\` needs ${args.map(argument).join(', ')}.`,
  ],
  [/^Unexpected arguments?: (.+)$/, ([words = ''], _, command) => `\`${command}\` does not take ${words}.`],
  [/^Flag (\S+) expects a value$/, ([flag = '']) => `${flag} needs a value.`],
  [/^Flag (\S+) expects one of these values: (.+)$/, ([flag = '', values = '']) => `${flag} needs one of ${values}.`],
  [/^Flag (\S+) can only be specified once$/, ([flag = '']) => `${flag} can be given only once.`],
  [
    /^Expected (-\S+)=(.*) to be one of: (.+)$/,
    ([flag = '', given = '', values = '']) => `${flag} takes one of ${values}, not ${given}.`,
  ],
  [/^Expected (.*) to be one of: (.+)$/, ([given = '', values = '']) => `${given} is none of ${values}.`],
  [
    /^Parsing (\S+) Expected an integer( greater than or equal to (\S+)| less than or equal to (\S+))? but received: (.*)$/,
    ([flag = '', , least = '', most = '', given = '']) =>
      `${flag} takes a whole number${least && ` of ${least} or more`}${most && ` of ${most} at most`}, not ${given}.`,
  ],
  [
    /^All of the following must be provided when using (--\S+): (.+)$/,
    ([flag = '', needed = ''], _, command) => `\`${command}\` takes ${flag} only with ${needed}.`,
  ],
  [/^Parsing (\S+) (.+)$/, ([flag = '', reason = '']) => `${flag}: ${reason}`],
];

/** A mistake in what was typed after `command`, as sentences and a next step. */
export function usageMistake(error: ParserError, command: string): { message: string; hint: string } {
  const said = stripVTControlCharacters(error.message).replace(/\s*See more help with --help\s*$/, '');
  const [, list] = /^The following errors? occurred:\s+([\s\S]*)$/.exec(said) ?? [];
  const sentences = list === undefined ? [said.replace(/\s*\n\t\s*/g, ' ')] : list.split(/\s*\n\s*/);
  const meant = error.flags?.flatMap((flag) => likelyFlag(flag, error) ?? []) ?? [];
  return {
    message: sentences.map((sentence) => inOurWords(sentence, error, command)).join('\n'),
    hint: meant.length > 0 ? `Did you mean ${meant.join(' and ')}?` : `\`${command} --help\` shows what it takes.`,
  };
}

function inOurWords(sentence: string, error: ParserError, command: string): string {
  for (const [shape, tell] of SENTENCES) {
    const match = shape.exec(sentence);
    // A group that took no part is undefined, whatever the type says.
    if (match !== null)
      return tell(
        match.slice(1).map((group) => group ?? ''),
        error,
        command,
      );
  }
  return sentence;
}

/** The flag that one which does not exist stands for: `--dry` for `--dry-run`, `--jsno` for `--json`. */
function likelyFlag(typed: string, { parse }: ParserError): string | undefined {
  const known = Object.keys(parse?.input?.flags ?? {}).map((name) => `--${name}`);
  const begun = typed.length > 3 ? known.filter((flag) => flag.startsWith(typed)) : [];
  return begun.length === 1 ? begun[0] : closest(typed, known);
}

const helpValue = (flag: { readonly helpValue?: unknown } | undefined): string =>
  typeof flag?.helpValue === 'string' ? ` ${flag.helpValue}` : '';

function argument(arg: string | { readonly name: string; readonly options?: readonly string[] }): string {
  if (typeof arg === 'string') return arg;
  return `${arg.name.toUpperCase()}${arg.options ? ` (one of ${arg.options.join(', ')})` : ''}`;
}
