import { parseRegex, type Regex } from '../../src/lib/pmta/regex.js';

/**
 * How many steps a backtracking matcher takes for a regular expression. V8 does not say what an expression costs; this matcher tries the
 * same alternatives in the same order, and counts the characters and the ways that it looks at. One that looks back goes over one character.
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

function matcherOf(regex: RegExp): Matcher {
  const found = known.get(String(regex));
  if (found) return found;
  const parsed = parseRegex(regex);
  if (!parsed) throw new Error(`${String(regex)} is not understood`);
  const matcher = built(parsed, regex.ignoreCase);
  known.set(String(regex), matcher);
  return matcher;
}

function built(regex: Regex, insensitive: boolean): Matcher {
  const inner = (part: Regex): Matcher => built(part, insensitive);
  switch (regex.kind) {
    case 'char':
      return (run, at, next) => counted(run) && at < run.text.length && regex.is(run.text[at] ?? '') && next(at + 1);
    case 'edge':
      return (run, at, next) => counted(run) && regex.holds(run.text, at) && next(at);
    case 'sequence':
      return regex.parts.map(inner).reduceRight<Matcher>(
        (rest, part) => (run, at, next) => part(run, at, (then) => rest(run, then, next)),
        (_, at, next) => next(at),
      );
    case 'choice':
      return (
        (parts): Matcher =>
        (run, at, next) =>
          parts.some((part) => part(run, at, next))
      )(regex.parts.map(inner));
    case 'repeat':
      return (regex.part.kind === 'char' ? repeatedChar : repeated)(inner(regex.part), regex);
    case 'group':
      return captured(inner(regex.part), regex.index);
    case 'look':
      return looked(inner(regex.part), regex);
    case 'back':
      return (run, at, next) => {
        const wanted = run.groups[regex.index] ?? '';
        run.steps += wanted.length;
        const found = run.text.slice(at, at + wanted.length);
        const same = insensitive ? found.toLowerCase() === wanted.toLowerCase() : found === wanted;
        return same && next(at + wanted.length);
      };
  }
}

const counted = (run: Run): true => (++run.steps > 0) as true;

type Repeat = Extract<Regex, { kind: 'repeat' }>;

/** As often as it goes, then fewer times, or the other way round: without a call for each character. */
function repeatedChar(char: Matcher, { least, most, lazy }: Repeat): Matcher {
  const fits = (run: Run, at: number): boolean => char(run, at, () => true);
  return (run, at, next) => {
    let end = at;
    if (lazy) {
      while (end - at < least && fits(run, end)) end++;
      if (end - at < least) return false;
      while (!next(end)) if (end - at >= most || !fits(run, end++)) return false;
      return true;
    }
    while (end - at < most && fits(run, end)) end++;
    for (; end - at >= least; end--) if (counted(run) && next(end)) return true;
    return false;
  };
}

function repeated(part: Matcher, { least, most, lazy }: Repeat): Matcher {
  const from =
    (count: number): Matcher =>
    (run, at, next) => {
      run.steps++;
      const more = (): boolean =>
        count < most && part(run, at, (then) => (then > at || count < least) && from(count + 1)(run, then, next));
      if (count < least) return more();
      return lazy ? next(at) || more() : more() || next(at);
    };
  return from(0);
}

function captured(part: Matcher, index: number): Matcher {
  return (run, at, next) =>
    part(run, at, (then) => {
      const earlier = run.groups[index];
      run.groups[index] = run.text.slice(at, then);
      if (next(then)) return true;
      run.groups[index] = earlier;
      return false;
    });
}

function looked(part: Matcher, { behind, negative }: { behind: boolean; negative: boolean }): Matcher {
  const holds = (run: Run, at: number): boolean =>
    behind ? at > 0 && part(run, at - 1, (then) => then === at) : part(run, at, () => true);
  return (run, at, next) => holds(run, at) !== negative && next(at);
}
