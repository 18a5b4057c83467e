import type { Macro } from './survey.js';

/*
 * `domain-macro` lists as a grammar. A name may hold macros (`yahoo.$tld`), a macro macros in turn, and two lines double what the next one
 * stands for: so nothing here writes out all names. Whether a name stands for a domain is asked place by place, each question once.
 */

/** A pattern taken apart: literal texts, in lower case, and names of macros between them. */
type Part = { readonly text: string } | { readonly macro: string };
type Pattern = readonly Part[];

/** How deep macros may stand in macros. PowerMTA's own limit is not known; real configurations have two levels. */
export const MOST_MACRO_LEVELS = 100;

const NOTHING: ReadonlySet<never> = new Set<never>();

/** The macros of a configuration. One that is defined twice has its last list. */
export interface MacroTable {
  /** The patterns of each macro; those that lead back to their own macro stand for nothing and are left out. */
  readonly patterns: ReadonlyMap<string, readonly Pattern[]>;
  /** Macros that a way of references leads back to. */
  readonly looping: ReadonlySet<string>;
  /** The first macro, in the order of the configuration, that is nested deeper than MOST_MACRO_LEVELS. */
  readonly tooDeep: Macro | undefined;
}

export function macroTable(macros: readonly Macro[]): MacroTable {
  const all = new Map(macros.map(({ name, members }) => [name.text, members.map(patternOf)]));
  const groups = groupsOf(all);
  const patterns = new Map<string, readonly Pattern[]>();
  const looping = new Set<string>();
  const levels = new Map<string, number>();
  // Those that a macro refers to come before it: their levels are known.
  for (const group of groups) {
    const own = new Set(group);
    let level = 1;
    for (const name of group) {
      const members = all.get(name) ?? [];
      const kept = members.filter((pattern) => !macrosIn(pattern).some((other) => own.has(other)));
      patterns.set(name, kept);
      if (group.length > 1 || kept.length < members.length) looping.add(name);
      for (const other of members.flatMap(macrosIn)) level = Math.max(level, (levels.get(other) ?? 0) + 1);
    }
    for (const name of group) levels.set(name, level);
  }
  const tooDeep = macros.find(({ name }) => (levels.get(name.text) ?? 0) > MOST_MACRO_LEVELS);
  return { patterns, looping, tooDeep };
}

/** A name taken apart; `$` before anything but a word is a plain character. */
export function patternOf(name: string): Pattern {
  // Split at a captured name, every second part is one.
  return name.split(/\$(\w+)/).flatMap((part, index): Part[] => {
    if (index % 2 === 1) return [{ macro: part }];
    return part === '' ? [] : [{ text: part.toLowerCase() }];
  });
}

export const macrosIn = (pattern: Pattern): string[] => pattern.flatMap((part) => ('macro' in part ? part.macro : []));

/**
 * Macros that lead to each other, together, and each group after those that it refers to: Tarjan's strongly connected components, with a
 * stack of its own, since macros may be nested deeper than the call stack goes.
 */
function groupsOf(all: ReadonlyMap<string, readonly Pattern[]>): string[][] {
  const groups: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const lower = (name: string, to: number | undefined): unknown => low.set(name, Math.min(low.get(name) ?? 0, to ?? 0));
  for (const start of all.keys()) {
    const way: { name: string; uses: readonly string[]; next: number }[] = [];
    const enter = (name: string): void => {
      low.set(name, index.size);
      index.set(name, index.size);
      open.push(name);
      isOpen.add(name);
      way.push({ name, uses: (all.get(name) ?? []).flatMap(macrosIn), next: 0 });
    };
    if (!index.has(start)) enter(start);
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const used = here.uses[here.next++];
      if (used !== undefined) {
        if (isOpen.has(used)) lower(here.name, index.get(used));
        else if (!index.has(used) && all.has(used)) enter(used);
        continue;
      }
      way.pop();
      const above = way.at(-1);
      if (above) lower(above.name, low.get(here.name));
      if (low.get(here.name) === index.get(here.name)) groups.push(taken(open, here.name, isOpen));
    }
  }
  return groups;
}

/** Takes from the end of a stack down to a name. */
function taken(open: string[], last: string, isOpen: Set<string>): string[] {
  const group: string[] = [];
  for (let name = open.pop(); name !== undefined; name = name === last ? undefined : open.pop()) {
    isOpen.delete(name);
    group.push(name);
  }
  return group;
}

/**
 * Answers whether patterns stand for a text, such as a domain in lower case. How far a macro may reach from a place of the text is worked
 * out once, so all answers together cost no more than the macros times the length of the text. Below MOST_MACRO_LEVELS nothing is asked.
 */
export function matcherOf(text: string, { patterns }: Pick<MacroTable, 'patterns'>): (pattern: Pattern) => boolean {
  const known = new Map<string, Map<number, ReadonlySet<number>>>();
  let level = 0;
  const endsOfMacro = (name: string, start: number): ReadonlySet<number> => {
    const byStart = known.get(name) ?? new Map<number, ReadonlySet<number>>();
    known.set(name, byStart);
    const found = byStart.get(start);
    if (found || level >= MOST_MACRO_LEVELS) return found ?? NOTHING;
    const ends = new Set<number>();
    level++;
    for (const pattern of patterns.get(name) ?? []) for (const end of endsOf(pattern, start)) ends.add(end);
    level--;
    byStart.set(start, ends);
    return ends;
  };
  const endsOf = (pattern: Pattern, start: number): ReadonlySet<number> => {
    let places: ReadonlySet<number> = new Set([start]);
    for (const part of pattern) {
      if (places.size === 0) return places;
      const next = new Set<number>();
      for (const place of places) {
        if ('macro' in part) for (const end of endsOfMacro(part.macro, place)) next.add(end);
        else if (text.startsWith(part.text, place)) next.add(place + part.text.length);
      }
      places = next;
    }
    return places;
  };
  return (pattern) => endsOf(pattern, 0).has(text.length);
}

/** Longer than any domain name with `[*.]` before it (RFC 1035 §2.3.4). */
const MOST_CHARACTERS = 260;
/** So many names of one macro, … */
const MOST_NAMES = 1_000;
/** … and so many joined texts in all. */
const MOST_JOINED = 100_000;

/** Some of the names that patterns stand for, each once: all of them in any real configuration, never more than the bounds above. */
export function namesOf(all: readonly Pattern[], { patterns }: Pick<MacroTable, 'patterns'>): Set<string> {
  const known = new Map<string, ReadonlySet<string>>();
  let left = MOST_JOINED;
  let level = 0;
  const ofMacro = (name: string): ReadonlySet<string> => {
    const found = known.get(name);
    if (found || level >= MOST_MACRO_LEVELS) return found ?? NOTHING;
    level++;
    const names = ofPatterns(patterns.get(name) ?? [], MOST_NAMES);
    level--;
    known.set(name, names);
    return names;
  };
  const ofPatterns = (some: readonly Pattern[], most: number): Set<string> => {
    const names = new Set<string>();
    for (const pattern of some) {
      for (const name of ofPattern(pattern)) if (names.size < most) names.add(name);
      if (names.size >= most || left <= 0) break;
    }
    return names;
  };
  const ofPattern = (pattern: Pattern): ReadonlySet<string> => {
    let heads: ReadonlySet<string> = new Set(['']);
    for (const part of pattern) {
      const tails = 'macro' in part ? ofMacro(part.macro) : [part.text];
      const next = new Set<string>();
      for (const head of heads) {
        for (const tail of tails) {
          if (left-- <= 0 || next.size >= MOST_NAMES) return next;
          if (head.length + tail.length <= MOST_CHARACTERS) next.add(head + tail);
        }
      }
      heads = next;
    }
    return heads;
  };
  return ofPatterns(all, MOST_JOINED);
}
