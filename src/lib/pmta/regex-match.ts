import { compile } from './entry.js';
import { parseRegex, type Regex } from './regex.js';

/**
 * Whether a text fits an expression of a configuration, in steps that are bounded by the length of both: `(a+)+$` against many an `a` takes
 * an engine that goes back and forth for ever. All ways are gone at once here, one character after the other (Thompson's construction).
 * Undefined for an expression that is broken, or holds what cannot be done so: references to what was matched, thousands of repetitions.
 */
export function matching(regex: string): ((text: string) => boolean) | undefined {
  const compiled = compile(regex);
  const parsed = compiled && parseRegex(compiled);
  const program = parsed && programOf(parsed);
  return program && ((text) => endsOf(program, text, 0, true).size > 0);
}

type Step =
  | { readonly op: 'char'; readonly is: (char: string) => boolean }
  | { readonly op: 'fork'; readonly to: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'holds'; readonly holds: (text: string, at: number) => boolean };

/** The steps in their order; behind the last one is the end. `fork` goes on with the next step and with another one. */
type Program = readonly Step[];

const MOST_STEPS = 5_000;

function programOf(regex: Regex): Program | undefined {
  const steps: Step[] = [];
  const done = add(regex, steps);
  return done && steps.length <= MOST_STEPS ? steps : undefined;
}

/** Adds the steps of a part; false where it cannot be done. */
function add(regex: Regex, steps: Step[]): boolean {
  if (steps.length > MOST_STEPS) return false;
  switch (regex.kind) {
    case 'char':
      return steps.push({ op: 'char', is: regex.is }) > 0;
    case 'edge':
      return steps.push({ op: 'holds', holds: regex.holds }) > 0;
    case 'sequence':
      return regex.parts.every((part) => add(part, steps));
    case 'choice':
      return addChoice(regex.parts, steps);
    case 'repeat':
      return addRepeat(regex.part, regex.least, regex.most, steps);
    case 'group':
      return add(regex.part, steps);
    case 'look':
      return addLook(regex.part, regex.behind, regex.negative, steps);
    case 'back':
      return false;
  }
}

function addChoice(parts: readonly Regex[], steps: Step[]): boolean {
  const ends: number[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const fork = isLast ? undefined : steps.push({ op: 'fork', to: 0 }) - 1;
    if (!add(part, steps)) return false;
    if (fork === undefined) break;
    ends.push(steps.push({ op: 'jump', to: 0 }) - 1);
    steps[fork] = { op: 'fork', to: steps.length };
  }
  for (const end of ends) steps[end] = { op: 'jump', to: steps.length };
  return true;
}

function addRepeat(part: Regex, least: number, most: number, steps: Step[]): boolean {
  for (let count = 0; count < least; count++) if (!add(part, steps)) return false;
  if (most === Infinity) {
    const fork = steps.push({ op: 'fork', to: 0 }) - 1;
    if (!add(part, steps)) return false;
    steps.push({ op: 'jump', to: fork });
    steps[fork] = { op: 'fork', to: steps.length };
    return true;
  }
  const forks: number[] = [];
  for (let count = least; count < most; count++) {
    forks.push(steps.push({ op: 'fork', to: 0 }) - 1);
    if (!add(part, steps)) return false;
  }
  for (const fork of forks) steps[fork] = { op: 'fork', to: steps.length };
  return true;
}

function addLook(part: Regex, behind: boolean, negative: boolean, steps: Step[]): boolean {
  const inner = programOf(part);
  if (!inner) return false;
  const holds = (text: string, at: number): boolean =>
    behind ? endsOf(inner, text, 0, true, at).has(at) : endsOf(inner, text, at, false).size > 0;
  steps.push({ op: 'holds', holds: (text, at) => holds(text, at) !== negative });
  return true;
}

/** Where matches end, up to a place, that begin at a place, or at any place from there on. */
function endsOf(program: Program, text: string, from: number, anywhere: boolean, to = text.length): Set<number> {
  const ends = new Set<number>();
  let now = new Set<number>();
  for (let at = from; at <= to; at++) {
    const next = new Set<number>();
    if (at === from || anywhere) now.add(0);
    // What is added while the set is walked is walked as well.
    for (const index of now) {
      const step = program[index];
      if (step === undefined) ends.add(at);
      else if (step.op === 'jump') now.add(step.to);
      else if (step.op === 'fork') now.add(index + 1).add(step.to);
      else if (step.op === 'holds') {
        if (step.holds(text, at)) now.add(index + 1);
      } else if (at < text.length && step.is(text[at] ?? '')) next.add(index + 1);
    }
    now = next;
  }
  return ends;
}
