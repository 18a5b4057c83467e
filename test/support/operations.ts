import { Session, type Profiler } from 'node:inspector';
import { stepsOf } from './regex-steps.js';

/**
 * Counts what a piece of work does, so that growth is shown without a clock: how often each block of the code of `src` runs (as V8
 * counts it), the elements and characters that built-in functions walk over, and the steps of a backtracking matcher for each use of a
 * regular expression. Import it before the code that it counts: blocks are only counted in functions that V8 compiles afterwards.
 */
export function operationsOf(work: () => unknown): number {
  blocks();
  counted = 0;
  counting = true;
  try {
    work();
  } finally {
    counting = false;
  }
  return blocks() + counted;
}

/** How many times as much the same work costs for 4n as for n: 4 for what is linear, 16 for what is quadratic. */
export function growthOf(n: number, prepare: (n: number) => () => unknown): number {
  const [small, large] = [prepare(n), prepare(4 * n)];
  operationsOf(small); // What is made once, at the first use, is none of the work.
  const [few, many] = [operationsOf(small), operationsOf(large)];
  return many / few;
}

/** The growth from n to 4n up to which work counts as linear: 4, with what a logarithm adds. */
export const LINEAR = 5.5;

const session = new Session();
session.connect();

function post(method: string, params: object = {}): unknown {
  let answer: unknown;
  session.post(method, params, (error: Error | null, result?: object) => {
    answer = error ?? result;
  });
  if (answer instanceof Error) throw answer;
  return answer;
}

post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** How often blocks of `src` ran since the last look. */
function blocks(): number {
  const { result } = post('Profiler.takePreciseCoverage') as { result: Profiler.ScriptCoverage[] };
  let sum = 0;
  for (const { url, functions } of result) {
    if (!url.includes('/src/lib/')) continue;
    for (const { ranges } of functions) for (const { count } of ranges) sum += count;
  }
  return sum;
}

let counting = false;
let counted = 0;
const INDEX_OF = String.prototype.indexOf;

type AnyFunction = (this: unknown, ...given: unknown[]) => unknown;
/** What a call walks over, by `this` and what was given. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each built-in function takes what it takes
type Cost = (self: any, given: any) => number;

/** Replaces built-in functions by ones that add up what they walk over. */
function count(owner: object, names: readonly (string | symbol)[], cost: Cost): void {
  for (const name of names) {
    const original = Reflect.get(owner, name) as AnyFunction;
    const tallied = function (this: unknown, ...given: unknown[]): unknown {
      if (counting) counted += cost(this, given);
      return Reflect.apply(original, this, given);
    };
    Object.defineProperty(owner, name, { value: tallied, configurable: true, writable: true });
  }
}

interface Sized {
  readonly length: number;
}
const whole: Cost = ({ length }: Sized) => length;
const part: Cost = ({ length }: Sized, [from = 0, to = length]: readonly number[]) =>
  Math.max(0, at(to, length) - at(from, length));
const at = (index: number, length: number): number =>
  index < 0 ? Math.max(0, length + index) : Math.min(index, length);

count(Array.prototype, ['join', 'reverse', 'shift', 'unshift', 'splice', 'sort', 'toSorted', 'flat'], whole);
count(Array.prototype, ['includes', 'indexOf', 'lastIndexOf'], whole);
count(Array.prototype, ['slice'], part);
count(Array.prototype, ['concat'], ({ length }: Sized, given: readonly Sized[]) =>
  given.reduce((sum, one) => sum + (Array.isArray(one) ? one.length : 1), length),
);
count(String.prototype, ['toLowerCase', 'toUpperCase', 'normalize', 'trim', 'trimEnd', 'replaceAll'], whole);
count(String.prototype, ['split'], (text: string, [by]: readonly unknown[]) =>
  typeof by === 'string' ? text.length : 0,
);
count(String.prototype, ['includes', 'indexOf'], (text: string, [wanted, from = 0]: readonly [string, number?]) => {
  const found = INDEX_OF.call(text, wanted, from);
  return (found === -1 ? text.length : found) - Math.min(from, text.length) + 1;
});

count(RegExp.prototype, ['exec'], (regex: RegExp, [text]: readonly [string]) => {
  counting = false;
  const steps = stepsOf(regex, text, regex.global || regex.sticky ? regex.lastIndex : 0);
  counting = true;
  return steps;
});

for (const { prototype } of [Array, Set, Map] as const) {
  const original = Reflect.get(prototype, Symbol.iterator) as (this: unknown) => Iterator<unknown>;
  const value = function (this: unknown): Iterator<unknown> {
    const all = Reflect.apply(original, this, []);
    return counting ? tallied(all) : all;
  };
  Object.defineProperty(prototype, Symbol.iterator, { value, configurable: true, writable: true });
}

/** An iterator that counts its elements. */
function tallied(all: Iterator<unknown>): Iterator<unknown> & Iterable<unknown> {
  return {
    next: () => {
      counted++;
      return all.next();
    },
    [Symbol.iterator]() {
      return this;
    },
  };
}
