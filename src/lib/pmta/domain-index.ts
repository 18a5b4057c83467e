import { EeError } from '../errors.js';
import { unquoted, type Block } from './document.js';
import { fitsOf, type DomainFits, type Fit } from './domain-pattern.js';
import { firstWord } from './lines.js';
import { macroTable, MOST_MACRO_LEVELS, type MacroTable } from './macros.js';
import { grouped, type PlacedBlock, type Survey } from './survey.js';

/** What is asked of a configuration again and again, for each domain and virtual MTA, laid out once. */
export interface DomainIndex {
  readonly macros: MacroTable;
  /** The `<domain>` blocks that speak of a domain, in the order of the file, each with its fit. */
  speakingOf(domain: string): readonly { readonly placed: PlacedBlock; readonly fit: Fit }[];
  /** The pools that have a virtual MTA as their member, in the order of the file. */
  poolsOf(virtualMta: string): readonly PlacedBlock[];
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
  const hasMacros = ({ name }: PlacedBlock): boolean => name.includes('$');
  const plain = grouped(
    domains.filter((placed) => !hasMacros(placed)),
    ({ name }) => name.toLowerCase(),
  );
  const withMacros = grouped(domains.filter(hasMacros), ({ name }) => name);
  let pools: ReadonlyMap<string, readonly PlacedBlock[]> | undefined;
  return {
    macros,
    speakingOf: (domain) => speaking(fitsOf(domain, macros), plain, withMacros),
    poolsOf: (virtualMta) => (pools ??= poolsByMember(surveyed)).get(virtualMta) ?? [],
  };
}

type Groups = ReadonlyMap<string, readonly PlacedBlock[]>;

function speaking(fits: DomainFits, plain: Groups, withMacros: Groups): { placed: PlacedBlock; fit: Fit }[] {
  const found: { placed: PlacedBlock; fit: Fit }[] = [];
  const take = (group: readonly PlacedBlock[] | undefined, fit: Fit): void => {
    for (const placed of group ?? []) found.push({ placed, fit });
  };
  for (const [name, fit] of fits.plain) take(plain.get(name), fit);
  for (const [name, group] of withMacros) {
    const fit = fits.ofMacros(name);
    if (fit) take(group, fit);
  }
  return found.sort((a, b) => a.placed.order - b.placed.order);
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
