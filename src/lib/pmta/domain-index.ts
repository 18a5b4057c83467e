import { EeError } from '../errors.js';
import { unquoted, type Block, type Directive } from './document.js';
import { fitsOf, type DomainFits, type Fit } from './domain-pattern.js';
import { firstWord } from './lines.js';
import { macroTable, MOST_MACRO_LEVELS, type MacroTable } from './macros.js';
import { grouped, type PlacedBlock, type Survey } from './survey.js';

/** What is asked of a configuration again and again, for each domain and virtual MTA, laid out once. */
export interface DomainIndex {
  readonly macros: MacroTable;
  /**
   * The `<domain>` blocks that speak of a domain, in the order of the file, each with its fit; with `owners`, those that stand directly
   * in one of these blocks (`undefined`: in none).
   */
  speakingOf(domain: string, owners?: Iterable<Block | undefined>): readonly Speaking[];
  /** What a block says itself, and what its includes bring into it, but for the members of a pool. */
  settingsIn(block: Block): readonly Directive[];
  /** The virtual MTAs and pools of a name. */
  named(name: string): readonly PlacedBlock[];
  /** The pools that have a virtual MTA as their member, in the order of the file. */
  poolsOf(virtualMta: string): readonly PlacedBlock[];
}

interface Speaking {
  readonly placed: PlacedBlock;
  readonly fit: Fit;
}

const known = new WeakMap<Survey, DomainIndex>();

/** Throws PMTA_MACROS_DEEP for macros that are nested too deep to be followed. */
export function domainIndexOf(surveyed: Survey): DomainIndex {
  const index = known.get(surveyed) ?? indexed(surveyed);
  known.set(surveyed, index);
  return index;
}

function indexed(surveyed: Survey): DomainIndex {
  const macros = macroTable(surveyed.macros);
  if (macros.tooDeep) {
    const { name, directive } = macros.tooDeep;
    const facts = { macro: name.text, place: surveyed.nameOf(directive.line), levels: MOST_MACRO_LEVELS };
    throw new EeError('PMTA_MACROS_DEEP', facts);
  }
  const domains = surveyed.blocksOf('domain');
  const byOwner = new Map(
    [...grouped(domains, ({ path }) => path.at(-1))].map(([owner, group]) => [owner, patternsIn(group)]),
  );
  const fits = new Map<string, DomainFits>();
  const settings = new Map<Block, Directive[]>();
  let pools: Groups | undefined;
  let names: Groups | undefined;
  return {
    macros,
    speakingOf: (domain, owners = byOwner.keys()) => {
      const fit = fits.get(domain) ?? fitsOf(domain, macros);
      if (fits.size >= MOST_FITS) fits.clear();
      fits.set(domain, fit);
      return [...owners]
        .flatMap((owner) => {
          const patterns = byOwner.get(owner);
          return patterns ? speaking(fit, patterns) : [];
        })
        .sort((a, b) => a.placed.order - b.placed.order);
    },
    settingsIn: (block) => {
      const found =
        settings.get(block) ??
        surveyed
          .inside(block)
          .flatMap(({ keyword, directive }) => (keyword === 'include' || keyword === 'virtual-mta' ? [] : directive));
      settings.set(block, found);
      return found;
    },
    poolsOf: (virtualMta) => (pools ??= poolsByMember(surveyed)).get(virtualMta) ?? [],
    named: (name) =>
      (names ??= grouped(
        [...surveyed.blocksOf('virtual-mta'), ...surveyed.blocksOf('virtual-mta-pool')],
        (one) => one.name,
      )).get(name) ?? [],
  };
}

/** Domains of which it is remembered which patterns cover them. */
const MOST_FITS = 1_000;

/** The `<domain>` blocks of one place by their patterns. */
interface Patterns {
  readonly plain: Groups;
  readonly withMacros: Groups;
}

function patternsIn(domains: readonly PlacedBlock[]): Patterns {
  const hasMacros = ({ name }: PlacedBlock): boolean => name.includes('$');
  return {
    plain: grouped(
      domains.filter((placed) => !hasMacros(placed)),
      ({ name }) => name.toLowerCase(),
    ),
    withMacros: grouped(domains.filter(hasMacros), ({ name }) => name),
  };
}

type Groups = ReadonlyMap<string, readonly PlacedBlock[]>;

function speaking(fits: DomainFits, { plain, withMacros }: Patterns): Speaking[] {
  const found: Speaking[] = [];
  const take = (group: readonly PlacedBlock[] | undefined, fit: Fit): void => {
    for (const placed of group ?? []) found.push({ placed, fit });
  };
  for (const [name, fit] of fits.plain) take(plain.get(name), fit);
  for (const [name, group] of withMacros) {
    const fit = fits.ofMacros(name);
    if (fit) take(group, fit);
  }
  return found;
}

function poolsByMember(surveyed: Survey): Map<string, PlacedBlock[]> {
  const memberships = surveyed
    .blocksOf('virtual-mta-pool')
    .flatMap((pool) => [...membersOf(surveyed, pool.block)].map((member) => ({ member, pool })));
  const groups = grouped(memberships, ({ member }) => member);
  return new Map([...groups].map(([member, group]) => [member, group.map(({ pool }) => pool)]));
}

/** The virtual MTAs of a pool, each once. */
function membersOf({ inside }: Survey, pool: Block): Set<string> {
  const members = inside(pool).filter(({ keyword }) => keyword === 'virtual-mta');
  return new Set(members.map(({ directive }) => unquoted(firstWord(directive.value).first.text)));
}
