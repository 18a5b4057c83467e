/**
 * The settings that hold for a queue, which is a domain and a virtual MTA. `<domain>` blocks are merged from the general to the
 * specific, and those of the virtual MTA come before those of its pool, and those before the global ones, whatever the order of
 * the file. Where two blocks are equally specific, the guide names no winner: both values are given then.
 */
import { folded, type Block, type Directive, type Document } from './document.js';
import { domainIndexOf } from './domain-index.js';
import { compareFits, type Fit } from './domain-pattern.js';
import { SECRET_DIRECTIVES } from './redact.js';
import { grouped, survey, type PlacedBlock, type Survey } from './survey.js';

/** A value where it is written. */
export interface Source {
  readonly value: string;
  readonly line: number;
  /** The included file that it is written in; absent for the configuration itself. */
  readonly file?: string;
  /** The blocks around it, from the outside in: `<virtual-mta a> <domain *>`. */
  readonly where: string;
}

export interface EffectiveSetting extends Source {
  /** In lower case, as PowerMTA compares it. */
  readonly name: string;
  /** Other values that might hold instead: equally specific, so that the winner is not known. */
  readonly rivals: readonly Source[];
  /** What it takes the place of, the most specific first. */
  readonly overrides: readonly Source[];
  /** Whether it hides a more specific domain of an outer level, which the guide implies and nobody has proven. */
  readonly hidesMoreSpecific: boolean;
}

export interface EffectiveSettings {
  readonly domain: string;
  readonly virtualMta: string | undefined;
  /** By name. */
  readonly settings: readonly EffectiveSetting[];
}

interface Candidate extends Source {
  readonly name: string;
  /** 0 global, 1 pool, 2 virtual MTA. */
  readonly level: number;
  readonly fit: Fit;
}

/** What holds for mail to `domain` through `virtualMta` (or a pool); without one, what holds where the virtual MTA says nothing. */
export function effectiveSettings(document: Document, domain: string, virtualMta?: string): EffectiveSettings {
  return effectiveIn(survey(document), domain, virtualMta);
}

/** As `effectiveSettings`, for many questions about one document. */
export function effectiveIn(surveyed: Survey, domain: string, virtualMta?: string): EffectiveSettings {
  const byName = grouped(candidates(surveyed, domain, virtualMta), ({ name }) => name);
  const settings = [...byName.values()].map(merged).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { domain, virtualMta, settings };
}

const byPrecedence = (a: Candidate, b: Candidate): number => a.level - b.level || compareFits(a.fit, b.fit);

function merged(all: readonly Candidate[]): EffectiveSetting {
  const sorted = [...all].sort((a, b) => byPrecedence(b, a) || a.line - b.line);
  const [best, ...others] = sorted as [Candidate, ...Candidate[]];
  const equal = others.filter((other) => byPrecedence(other, best) === 0 && other.value !== best.value);
  const lower = others.filter((other) => byPrecedence(other, best) < 0);
  return {
    name: best.name,
    ...sourceOf(best),
    rivals: equal.map(sourceOf),
    overrides: lower.map(sourceOf),
    hidesMoreSpecific: lower.some((other) => compareFits(other.fit, best.fit) > 0 && other.value !== best.value),
  };
}

const sourceOf = ({ value, line, where, file }: Source): Source => ({
  value,
  line,
  where,
  ...(file === undefined ? {} : { file }),
});

function candidates(surveyed: Survey, domain: string, virtualMta: string | undefined): Candidate[] {
  const levels = levelsFor(surveyed, virtualMta);
  return domainIndexOf(surveyed)
    .speakingOf(domain, levels.keys())
    .flatMap(({ placed: { block, path }, fit }) => {
      const level = levels.get(path.at(-1)) ?? 0;
      const where = [...path, block].map(tagOf).join(' ');
      return settingsIn(surveyed, block).map((directive) => ({ ...written(surveyed, directive, where), level, fit }));
    });
}

/** The blocks whose domains speak for a virtual MTA, and how near each is to it; `undefined` is none, which speaks for all. */
function levelsFor(surveyed: Survey, virtualMta: string | undefined): Map<Block | undefined, number> {
  const levels = new Map<Block | undefined, number>([[undefined, 0]]);
  if (virtualMta === undefined) return levels;
  for (const { block } of poolsOf(surveyed, virtualMta)) levels.set(block, 1);
  for (const { block, tag } of domainIndexOf(surveyed).named(virtualMta))
    levels.set(block, tag === 'virtual-mta' ? 2 : 1);
  return levels;
}

/** The pools that have a virtual MTA as their member. */
export const poolsOf = (surveyed: Survey, virtualMta: string): readonly PlacedBlock[] =>
  domainIndexOf(surveyed).poolsOf(virtualMta);

/** What the virtual MTA itself, or its pool, says beside its domains: it holds over all of its queues together. */
export function virtualMtaSettings(surveyed: Survey, virtualMta: string): (Source & { readonly name: string })[] {
  const named = domainIndexOf(surveyed).named(virtualMta);
  const own = named.filter(({ tag }) => tag === 'virtual-mta');
  const pools = named.filter(({ tag }) => tag !== 'virtual-mta');
  return [...own, ...poolsOf(surveyed, virtualMta), ...pools].flatMap(({ block }) =>
    settingsIn(surveyed, block).map((directive) => written(surveyed, directive, tagOf(block))),
  );
}

const settingsIn = (surveyed: Survey, block: Block): readonly Directive[] => domainIndexOf(surveyed).settingsIn(block);

function written(
  { configuration, fileOf }: Survey,
  { keyword, value: { text }, line }: Directive,
  where: string,
): Source & { readonly name: string } {
  const name = folded(keyword);
  const value = SECRET_DIRECTIVES.has(name) ? '[redacted]' : text;
  const file = fileOf(line);
  return { name, value, line: line.number, where, ...(file === configuration.files[0] ? {} : { file: file.name }) };
}

const tagOf = (block: Block): string => `<${`${block.tag.text} ${block.name.text}`.trim()}>`;
