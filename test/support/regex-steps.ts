/**
 * How many steps a backtracking matcher takes for a regular expression. V8 does not say what an expression costs; this matcher tries the
 * same alternatives in the same order, and counts the characters that it looks at. It takes what the code of `src` uses: no named groups
 * that are referred to, and no classes of the flag v.
 */
export function stepsOf(regex: RegExp, text: string, from = 0): number {
  const matches = matcherOf(regex);
  const run: Run = { text, steps: 0, groups: [] };
  for (let at = from; at <= text.length; at++) {
    run.steps++;
    if (matches(run, at, () => true) || regex.sticky) break;
  }
  return run.steps;
}

interface Run {
  readonly text: string;
  steps: number;
  /** The text of each captured group. */
  readonly groups: (string | undefined)[];
}

type Matcher = (run: Run, at: number, next: (at: number) => boolean) => boolean;

const known = new Map<string, Matcher>();

function matcherOf({ source, flags }: RegExp): Matcher {
  const key = `${flags}/${source}`;
  const found = known.get(key) ?? new Parser(source, flags.replace(/[gyd]/g, '')).parse();
  known.set(key, found);
  return found;
}

/** A single character, asked of V8 once for each. */
function one(source: string, flags: string): Matcher {
  const regex = new RegExp(`^(?:${source})$`, flags);
  const answers = new Map<string, boolean>();
  return (run, at, next) => {
    run.steps++;
    const char = run.text[at];
    if (char === undefined) return false;
    const answer = answers.get(char) ?? regex.test(char);
    answers.set(char, answer);
    return answer && next(at + 1);
  };
}

/** A condition on a place: V8 answers it for the characters around. */
function edge(source: string, flags: string): Matcher {
  const regex = new RegExp(source, `${flags.replace('y', '')}y`);
  return (run, at, next) => {
    run.steps++;
    const start = Math.max(0, at - 1);
    // What is cut off must not look like the start or the end of the text.
    const around = `${start > 0 ? 'x' : ''}${run.text.slice(start, at + 1)}${at + 1 < run.text.length ? 'x' : ''}`;
    regex.lastIndex = at - start + (start > 0 ? 1 : 0);
    return regex.test(around) && next(at);
  };
}

class Parser {
  #at = 0;
  #group = 0;

  constructor(
    readonly source: string,
    readonly flags: string,
  ) {}

  parse(): Matcher {
    const all = this.#alternatives();
    if (this.#at < this.source.length) throw new Error(`/${this.source}/ is not understood at ${this.#at}`);
    return all;
  }

  #takes(text: string): boolean {
    if (!this.source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #alternatives(): Matcher {
    const all = [this.#sequence()];
    while (this.#takes('|')) all.push(this.#sequence());
    return (run, at, next) => all.some((each) => each(run, at, next));
  }

  #sequence(): Matcher {
    const terms: Matcher[] = [];
    while (this.#at < this.source.length && !'|)'.includes(this.source[this.#at] ?? '')) terms.push(this.#term());
    return terms.reduceRight<Matcher>(
      (rest, term) => (run, at, next) => term(run, at, (then) => rest(run, then, next)),
      (_, at, next) => next(at),
    );
  }

  #term(): Matcher {
    const { atom, single } = this.#atom();
    const quantifier = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/.exec(this.source.slice(this.#at));
    if (!quantifier) return atom;
    this.#at += quantifier[0].length;
    const [, sign, low = '', comma, high = '', lazy] = quantifier;
    const least = sign === undefined ? Number(low) : sign === '+' ? 1 : 0;
    const most = sign === '?' ? 1 : sign !== undefined || (comma && high === '') ? Infinity : Number(high || low);
    return single && lazy === '' ? repeatedSingle(atom, least, most) : repeated(atom, least, most, lazy !== '');
  }

  #atom(): { atom: Matcher; single: boolean } {
    const { flags } = this;
    if (this.#takes('(')) return { atom: this.#groupBody(), single: false };
    if (this.source[this.#at] === '[') return { atom: one(this.#class(), flags), single: true };
    if (this.#takes('^')) return { atom: edge('^', flags), single: false };
    if (this.#takes('$')) return { atom: edge('$', flags), single: false };
    const escape = /^\\(?:u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|[pP]\{[^}]*\}|c[a-z]|.)/is.exec(
      this.source.slice(this.#at),
    )?.[0];
    if (escape === undefined) {
      const char = this.source[this.#at++] ?? '';
      return { atom: one(char === '/' ? '\\/' : char, flags), single: true };
    }
    this.#at += escape.length;
    if (/^\\[bB]$/.test(escape)) return { atom: edge(escape, flags), single: false };
    if (/^\\[1-9]$/.test(escape)) return { atom: this.#backReference(Number(escape[1])), single: false };
    return { atom: one(escape, flags), single: true };
  }

  #class(): string {
    const start = this.#at;
    for (this.#at++; this.source[this.#at] !== ']'; this.#at++) if (this.source[this.#at] === '\\') this.#at++;
    return this.source.slice(start, ++this.#at);
  }

  #groupBody(): Matcher {
    const kind = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(this.source.slice(this.#at))?.[0] ?? '';
    this.#at += kind.length;
    const index = kind === '' || /\w/.test(kind) ? ++this.#group : undefined;
    const inner = this.#alternatives();
    if (!this.#takes(')')) throw new Error(`a group of /${this.source}/ is not closed`);
    const holds = (run: Run, at: number): boolean => inner(run, at, () => true);
    // Looking back goes over one character in this code.
    const before = (run: Run, at: number): boolean => at > 0 && inner(run, at - 1, (then) => then === at);
    if (kind === '?=') return (run, at, next) => holds(run, at) && next(at);
    if (kind === '?!') return (run, at, next) => !holds(run, at) && next(at);
    if (kind === '?<=') return (run, at, next) => before(run, at) && next(at);
    if (kind === '?<!') return (run, at, next) => !before(run, at) && next(at);
    if (index === undefined) return inner;
    return (run, at, next) =>
      inner(run, at, (then) => {
        const earlier = run.groups[index];
        run.groups[index] = run.text.slice(at, then);
        if (next(then)) return true;
        run.groups[index] = earlier;
        return false;
      });
  }

  #backReference(index: number): Matcher {
    const insensitive = this.flags.includes('i');
    return (run, at, next) => {
      const wanted = run.groups[index] ?? '';
      run.steps += wanted.length;
      const found = run.text.slice(at, at + wanted.length);
      const same = insensitive ? found.toLowerCase() === wanted.toLowerCase() : found === wanted;
      return same && next(at + wanted.length);
    };
  }
}

/** As often as it goes, then fewer times: without a call for each character. */
function repeatedSingle(atom: Matcher, least: number, most: number): Matcher {
  return (run, at, next) => {
    let end = at;
    while (end - at < most && atom(run, end, () => true)) end++;
    for (; end - at >= least; end--) {
      run.steps++;
      if (next(end)) return true;
    }
    return false;
  };
}

function repeated(atom: Matcher, least: number, most: number, lazy: boolean): Matcher {
  const from =
    (count: number): Matcher =>
    (run, at, next) => {
      run.steps++;
      const more = (): boolean =>
        count < most && atom(run, at, (then) => (then > at || count < least) && from(count + 1)(run, then, next));
      if (count < least) return more();
      return lazy ? next(at) || more() : more() || next(at);
    };
  return from(0);
}
