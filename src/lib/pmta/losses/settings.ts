/** What holds for a domain and a virtual MTA in one configuration and does not in another one, by effective settings. */
import { isIdentityName, withoutProxyAddress } from '../adapt/contents.js';
import { PROBE_DOMAIN } from '../adapt/probe.js';
import { ANY_DOMAIN } from '../adapt/any-domain.js';
import { folded, isYes, unquoted, type Block, type Line } from '../document.js';
import { domainIndexOf } from '../domain-index.js';
import { effectiveIn, poolsOf, virtualMtaSettings, type Source } from '../effective.js';
import { namesOf, patternOf } from '../macros.js';
import { SECRET_DIRECTIVES } from '../redact.js';
import type { PlacedBlock, Survey } from '../survey.js';
import { valueNow, type Correspondence, type Pair, type Side } from './correspondence.js';
import { consequenceOf, lossOf, type Loss } from './loss.js';
import { isNoLooser } from './no-looser.js';

/** All values that a setting may have: one, unless equally specific blocks differ. */
type Values = ReadonlyMap<
  string,
  {
    readonly line: number;
    readonly where: string;
    readonly values: readonly string[];
    /** What is written beside it and has no effect as long as it stands, or might have instead. */
    readonly beside: readonly Pick<Source, 'line' | 'where' | 'value'>[];
  }
>;

/** Settings of virtual MTAs and pools that do not hold in `after`, or that hold for more than they did. */
export function* settingLosses(before: Side, after: Side, { assignment, pairs }: Correspondence): Generator<Loss> {
  const compared = new Comparison(before, after, (name, value) => valueNow(assignment, name, value));
  yield* compared.forAll();
  for (const pair of pairs) {
    yield* compared.own(pair);
    yield* compared.domains(pair);
  }
}

class Comparison {
  /** What was found for pairs, by what both say of domains. */
  readonly #found = new Map<string, { readonly said: readonly Said[]; readonly found: readonly Found[] }>();
  readonly #domains = new Map<string, ReadonlySet<string>>();
  readonly #lines: ReadonlyMap<number, Line>;
  readonly #was: Levels;
  readonly #is: Levels;
  /** Statements of the top level that only one of the two has. */
  readonly #global: readonly string[];

  constructor(
    readonly before: Side,
    readonly after: Side,
    readonly now: (name: string, value: string) => string,
  ) {
    this.#lines = new Map(before.surveyed.statements.map(({ directive: { line } }) => [line.number, line]));
    this.#was = new Levels(before.surveyed);
    this.#is = new Levels(after.surveyed);
    this.#global = difference(this.#was.of(undefined, this.now), this.#is.of(undefined));
  }

  /** What a virtual MTA and its pools say beside their domains. */
  *own({ old, now, partly }: Pair): Generator<Loss> {
    const wanted = ownValues(this.before.surveyed, old, this.now);
    yield* this.#losses(this.#compared(wanted, ownValues(this.after.surveyed, now, asItIs), { now, partly }), now);
  }

  /** What is said of each domain without a virtual MTA. */
  *forAll(): Generator<Loss> {
    const through = { now: 'any virtual MTA', partly: false };
    yield* this.#losses(this.#byDomain(new Set(this.#global.map(nameIn)), through), through.now);
  }

  /**
   * What holds for each domain of which either says anything. Virtual MTAs that say the same are compared once; what one of them loses
   * the others lose too, each at a line of its own.
   */
  *domains({ old, now, partly }: Pair): Generator<Loss> {
    const [said, is] = [this.#was.of(old, this.now), this.#is.of(now)];
    const key = JSON.stringify([said.map(textOf), is.map(textOf), partly]);
    const known = this.#found.get(key) ?? this.#compare(said, is, { old, now, partly });
    this.#found.set(key, known);
    if (known.found.length === 0) return;
    const here = new Map(known.said.map(({ line }, at) => [line, said[at]?.line ?? line]));
    yield* this.#losses(
      known.found.map((one) => ({ ...one, line: here.get(one.line) ?? one.line })),
      now,
    );
  }

  #compare(said: readonly Said[], is: readonly Said[], pair: Pair): { said: readonly Said[]; found: readonly Found[] } {
    const changed = new Set([...this.#global, ...difference(said, is)].map(nameIn));
    return { said, found: [...this.#byDomain(changed, pair)] };
  }

  *#losses(found: Iterable<Found>, through: string): Generator<Loss> {
    for (const { line, text, consequence } of found) {
      const written = this.#lines.get(line);
      if (written) yield lossOf(written, consequence(through));
      else if (text !== undefined) yield { line: 0, text, consequence: consequence(through) };
    }
  }

  *#byDomain(names: ReadonlySet<string>, through: Through): Generator<Found> {
    if (names.size === 0) return;
    for (const domain of this.#domainsOf(names)) {
      const wanted = effective(this.before.surveyed, domain, through.old, this.now);
      const found = effective(this.after.surveyed, domain, through.old === undefined ? undefined : through.now, asItIs);
      yield* this.#compared(only(wanted, names), only(found, names), { ...through, domain });
    }
  }

  *#compared(wanted: Values, found: Values, { domain, partly }: Through): Generator<Found> {
    const to = domain === ANY_DOMAIN ? undefined : domain;
    for (const [name, was] of wanted) {
      const is = found.get(name);
      if (is && holds(name, was.values, is.values)) continue;
      if (!partly || was.where.startsWith('<virtual-mta '))
        yield { line: was.line, consequence: (through) => consequenceOf(name, was.values[0] ?? '', through, to) };
      // Once that line is dropped, these would be asked about: they are named at once.
      for (const { line, where, value } of was.beside)
        if (where.startsWith('<virtual-mta ') && !(is && holds(name, [value], is.values)))
          yield { line, consequence: (through) => consequenceOf(name, value, through, to) };
    }
    for (const [name, is] of partly ? [] : found) {
      if (wanted.has(name) || holds(name, [], is.values)) continue;
      const consequence = (through: string): string => `would hold for ${through} too, for which it did not`;
      yield { line: this.#origin(name, is)?.number ?? 0, text: `${name} ${is.values.join(' ')}`, consequence };
    }
  }

  /** The line of `before` from which a setting of `after` came. */
  #origin(name: string, { where, values }: { where: string; values: readonly string[] }): Line | undefined {
    const inner = where.replace(/^<virtual-mta [^>]*> /, '');
    const found = this.before.surveyed.all(name).find(({ path, directive }) => {
      const isMeant = SECRET_DIRECTIVES.has(name) || values.includes(directive.value.text);
      return isMeant && path.map(tagOf).join(' ').endsWith(inner);
    });
    return found?.directive.line;
  }

  /** One domain for each pattern that says anything about these settings, and one of which nothing is said. */
  #domainsOf(names: ReadonlySet<string>): ReadonlySet<string> {
    const key = [...names].sort().join(' ');
    const known = this.#domains.get(key);
    if (known) return known;
    const patterns = [this.#was, this.#is].flatMap(({ surveyed, patternsBy }) => {
      const texts = new Set([...names].flatMap((name) => [...(patternsBy.get(name) ?? [])]));
      return [...namesOf([...texts].map(patternOf), domainIndexOf(surveyed).macros)];
    });
    // What holds for all comes first: of a line that is lost, that says most.
    const domains = new Set([ANY_DOMAIN, ...patterns.flatMap(domainsFor)]);
    domains.delete(PROBE_DOMAIN);
    this.#domains.set(key, domains);
    return domains;
  }
}

/** What is compared: without `old`, what holds where no virtual MTA says anything. */
interface Through extends Omit<Pair, 'old'> {
  readonly old?: string;
  readonly domain?: string;
}

const asItIs: Rename = (_, value) => value;
/** A statement in a `<domain>`: a text that is the same where the statements are, and its line. */
interface Said {
  readonly text: string;
  readonly line: number;
}

const textOf = ({ text }: Said): string => text;

/** A line that is lost, and what follows where it is for a virtual MTA. */
interface Found {
  /** 0 where it is not known; then `text` says what it is about. */
  readonly line: number;
  readonly text?: string;
  readonly consequence: (through: string) => string;
}

const nameIn = (text: string): string => text.slice(0, text.indexOf('\0'));

/** What a configuration says of domains at each level. */
class Levels {
  readonly #blocks = new Map<string, PlacedBlock[]>();
  /** The patterns of all `<domain>` blocks that set something, by its name. */
  readonly patternsBy = new Map<string, Set<string>>();

  constructor(readonly surveyed: Survey) {
    for (const placed of surveyed.blocksOf('domain')) {
      for (const { keyword } of surveyed.inside(placed.block)) {
        const patterns = this.patternsBy.get(keyword) ?? new Set();
        this.patternsBy.set(keyword, patterns.add(placed.name));
      }
      if (placed.name.toLowerCase() === PROBE_DOMAIN) continue;
      const outer = placed.path.at(-1);
      const owner = outer ? `${folded(outer.tag)} ${unquoted(outer.name.text)}` : '';
      const group = this.#blocks.get(owner);
      if (group) group.push(placed);
      else this.#blocks.set(owner, [placed]);
    }
  }

  /** What a virtual MTA and its pools say; without one, what is said at the top level. */
  of(virtualMta: string | undefined, now: Rename = asItIs): Said[] {
    if (virtualMta === undefined) return this.#at('', now);
    const pools = poolsOf(this.surveyed, virtualMta).flatMap(({ name }) => this.#at(`virtual-mta-pool ${name}`, now));
    return [...pools, ...this.#at(`virtual-mta ${virtualMta}`, now)];
  }

  #at(owner: string, now: Rename): Said[] {
    const level = owner.slice(0, owner.indexOf(' '));
    return (this.#blocks.get(owner) ?? []).flatMap(({ block, name: pattern }) =>
      this.surveyed.inside(block).map(({ keyword, directive: { value, line } }) => {
        const text = [keyword, level, pattern.toLowerCase(), now(keyword, value.text)].join('\0');
        return { text, line: line.number };
      }),
    );
  }
}

/** What only one of two lists has, a statement that is there twice counted twice. */
function difference(some: readonly Said[], others: readonly Said[]): string[] {
  const counts = new Map<string, number>();
  for (const { text } of some) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const { text } of others) counts.set(text, (counts.get(text) ?? 0) - 1);
  return [...counts].flatMap(([one, count]) => (count === 0 ? [] : one));
}

function domainsFor(pattern: string): string[] {
  const [, head, rest = ''] = /^(\*\.|\[\*\.\])(.+)$/.exec(pattern) ?? [];
  if (head !== undefined) return head === '*.' ? [`any.${rest}`] : [rest, `any.${rest}`];
  // A network, `[192.0.2.0/24]`, is looked at as a domain of that name: its settings hold for whatever resolves to it.
  return pattern === '*' || pattern.includes('$') ? [] : [pattern.toLowerCase()];
}

type Rename = (name: string, value: string) => string;

function effective(surveyed: Survey, domain: string, virtualMta: string | undefined, now: Rename): Values {
  const { settings } = effectiveIn(surveyed, domain, virtualMta);
  return new Map(
    settings.map(({ name, value, line, where, rivals, overrides }) => {
      const values = [value, ...rivals.map((rival) => rival.value)].map((one) => now(name, one)).sort();
      const beside = [...rivals, ...overrides].map((one) => ({ ...one, value: now(name, one.value) }));
      return [name, { line, where, values: [...new Set(values)], beside }];
    }),
  );
}

function ownValues(surveyed: Survey, virtualMta: string, now: Rename): Values {
  const groups = new Map<string, (Source & { name: string })[]>();
  for (const one of virtualMtaSettings(surveyed, virtualMta))
    if (!isIdentityName(one.name)) groups.set(one.name, [...(groups.get(one.name) ?? []), one]);
  return new Map(
    [...groups].map(([name, all]) => {
      const values = all.map(({ value }) => now(name, withoutProxyAddress(name, value))).sort();
      const beside = all.slice(1).map((one) => ({ ...one, value: now(name, withoutProxyAddress(name, one.value)) }));
      return [name, { line: all[0]?.line ?? 0, where: all[0]?.where ?? '', values: [...new Set(values)], beside }];
    }),
  );
}

const tagOf = (block: Block): string => `<${`${block.tag.text} ${block.name.text}`.trim()}>`;

const only = (values: Values, names: ReadonlySet<string>): Values =>
  new Map([...values].filter(([name]) => names.has(name)));

const same = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((value, at) => value === others[at]);

/** Whether what a setting was holds in what it is: it is the same, or asks for more. */
function holds(name: string, was: readonly string[], is: readonly string[]): boolean {
  if (same(was, is)) return true;
  if (name === 'dkim-sign') return is.every(isYes);
  return is.every((after) => (was.length === 0 ? [undefined] : was).every((old) => isNoLooser(name, old, after)));
}
