/** A regular expression of JavaScript, taken apart. */
export type Regex =
  | { readonly kind: 'char'; readonly is: (char: string) => boolean }
  /** A condition on a place between two characters: `^`, `$`, `\b`, `\B`. */
  | { readonly kind: 'edge'; readonly holds: (text: string, at: number) => boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Regex[] }
  | {
      readonly kind: 'repeat';
      readonly part: Regex;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    }
  | { readonly kind: 'group'; readonly part: Regex; readonly index: number }
  | { readonly kind: 'look'; readonly part: Regex; readonly behind: boolean; readonly negative: boolean }
  | { readonly kind: 'back'; readonly index: number };

/** Deeper than any expression that a person writes. */
const MOST_LEVELS = 200;

/** Takes an expression apart; undefined for a form that is not known here: flag v, references by name, endless nesting. */
export function parseRegex({ source, flags }: RegExp): Regex | undefined {
  const parser = new Parser(source, flags);
  const all = parser.choice();
  return parser.failed || parser.at < source.length ? undefined : all;
}

const EMPTY: Regex = { kind: 'sequence', parts: [] };

class Parser {
  at = 0;
  failed = false;
  #group = 0;
  #level = 0;

  constructor(
    readonly source: string,
    readonly flags: string,
  ) {
    this.failed = flags.includes('v');
  }

  choice(): Regex {
    if (++this.#level > MOST_LEVELS) this.failed = true;
    const parts = [this.#sequence()];
    while (!this.failed && this.#takes('|')) parts.push(this.#sequence());
    this.#level--;
    return parts.length === 1 ? (parts[0] ?? EMPTY) : { kind: 'choice', parts };
  }

  #takes(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  #takesMatch(regex: RegExp): RegExpExecArray | undefined {
    regex.lastIndex = this.at;
    const match = regex.exec(this.source) ?? undefined;
    this.at += match?.[0].length ?? 0;
    return match;
  }

  #sequence(): Regex {
    const parts: Regex[] = [];
    while (!this.failed && this.at < this.source.length && !'|)'.includes(this.source[this.at] ?? '')) {
      parts.push(this.#repeated(this.#atom()));
    }
    return parts.length === 1 ? (parts[0] ?? EMPTY) : { kind: 'sequence', parts };
  }

  #repeated(part: Regex): Regex {
    const quantifier = this.#takesMatch(/(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/y);
    if (!quantifier) return part;
    const [, sign, low = '', comma = '', high = '', lazy] = quantifier;
    const least = sign === undefined ? Number(low) : sign === '+' ? 1 : 0;
    const isOpen = sign === undefined ? comma !== '' && high === '' : sign !== '?';
    const most = isOpen ? Infinity : sign === '?' ? 1 : Number(high || low);
    return { kind: 'repeat', part, least, most, lazy: lazy !== '' };
  }

  #atom(): Regex {
    if (this.#takes('(')) return this.#groupBody();
    if (this.#takes('^'))
      return edge(this.flags.includes('m') ? (text, at) => at === 0 || text[at - 1] === '\n' : (_, at) => at === 0);
    if (this.#takes('$'))
      return edge((text, at) => at === text.length || (this.flags.includes('m') && text[at] === '\n'));
    if (this.#takes('\\b')) return edge(isWordEdge);
    if (this.#takes('\\B')) return edge((text, at) => !isWordEdge(text, at));
    const reference = this.#takesMatch(/\\([1-9])(?!\d)/y);
    if (reference) return { kind: 'back', index: Number(reference[1]) };
    if (this.source.startsWith('\\k<', this.at)) this.failed = true;
    const [single] = this.#takesMatch(CHARACTER) ?? [];
    if (single === undefined) this.failed = true;
    return { kind: 'char', is: asked(single === '/' ? '\\/' : (single ?? ''), this.flags) };
  }

  #groupBody(): Regex {
    const [kind = ''] = this.#takesMatch(/\?(?:[:=!]|<[=!]|<\w+>)/y) ?? [];
    const index = kind === '' || /^\?<\w/.test(kind) ? ++this.#group : undefined;
    const part = this.choice();
    if (!this.#takes(')')) this.failed = true;
    if (index !== undefined) return { kind: 'group', part, index };
    if (kind === '?:') return part;
    return { kind: 'look', part, behind: kind.includes('<'), negative: kind.endsWith('!') };
  }
}

/** One character of an expression: a class, an escape, or itself. */
const CHARACTER = /\[(?:[^\]\\]|\\[^])*\]|\\(?:u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|[pP]\{[^}]*\}|c[a-z]|[^])|[^]/iy;

const edge = (holds: (text: string, at: number) => boolean): Regex => ({ kind: 'edge', holds });

const isWord = (char: string | undefined): boolean => char !== undefined && /\w/.test(char);
const isWordEdge = (text: string, at: number): boolean => isWord(text[at - 1]) !== isWord(text[at]);

/** Whether an expression for one character stands for it: V8 knows its classes, and is asked once for each character. */
function asked(single: string, flags: string): (char: string) => boolean {
  let regex: RegExp | undefined;
  const answers = new Map<string, boolean>();
  return (char) => {
    const known = answers.get(char);
    if (known !== undefined) return known;
    regex ??= new RegExp(`^(?:${single})$`, flags.replace(/[gymd]/g, ''));
    const answer = regex.test(char);
    answers.set(char, answer);
    return answer;
  };
}
