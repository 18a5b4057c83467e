/**
 * Which `<domain>` blocks speak of a domain. A block has one pattern: `*`, `d`, `*.d` (sub-domains), `[*.]d` (both) or a name with
 * macros in it (`$gmail`, `yahoo.$tld`), which stands for one pattern a member.
 */
import { matcherOf, patternOf, type MacroTable } from './macros.js';

/** How closely a pattern fits; compared from the first to the last. */
export interface Fit {
  /** The domain itself, not a pattern that covers it. */
  readonly exact: boolean;
  /** Labels of the domain that the pattern names. */
  readonly labels: number;
  /** Written out, not taken from a macro: a literal name beats the same name from a macro. */
  readonly literal: boolean;
}

/** Negative where `a` is the more general one, 0 where neither is. */
export function compareFits(a: Fit, b: Fit): number {
  return Number(a.exact) - Number(b.exact) || a.labels - b.labels || Number(a.literal) - Number(b.literal);
}

/** The patterns that cover one domain. */
export interface DomainFits {
  /** Every plain pattern that covers the domain, in lower case, with its fit. */
  readonly plain: ReadonlyMap<string, Fit>;
  /** The best fit of a name with macros in it, `undefined` where it does not speak of the domain. */
  ofMacros(name: string): Fit | undefined;
}

/** No domain name is longer (RFC 1035 §2.3.4): what is, no macro is asked about. */
const MOST_CHARACTERS = 255;

/** What covers a domain, for as many names as one likes to ask about. */
export function fitsOf(domain: string, macros: MacroTable): DomainFits {
  const plain = plainFits(domain.toLowerCase());
  const known = new Map<string, Fit | undefined>();
  // From the closest to the most general, so that the first pattern that a name stands for is the best one.
  const questions = [...plain].map(([text, fit]) => ({ fit: { ...fit, literal: false }, is: matcherOf(text, macros) }));
  return {
    plain,
    ofMacros: (name) => {
      if (domain.length > MOST_CHARACTERS) return undefined;
      if (known.has(name)) return known.get(name);
      const pattern = patternOf(name);
      const fit = questions.find(({ is }) => is(pattern))?.fit;
      known.set(name, fit);
      return fit;
    },
  };
}

/** The best fit of one name to a domain, `undefined` where it does not speak of it. */
export function fitOf(name: string, domain: string, macros: MacroTable): Fit | undefined {
  const fits = fitsOf(domain, macros);
  return name.includes('$') ? fits.ofMacros(name) : fits.plain.get(name.toLowerCase());
}

/** The patterns that cover a domain, from the closest on: itself, `[*.]d`, those of the domains above it, `*`. */
function plainFits(domain: string): Map<string, Fit> {
  const fits = new Map<string, Fit>();
  const whole = domain.split('.').length;
  const add = (text: string, exact: boolean, labels: number): unknown =>
    fits.set(text, { exact, labels, literal: true });
  if (domain !== '*') add(domain, true, whole);
  if (domain.length <= MOST_CHARACTERS) {
    add(`[*.]${domain}`, false, whole);
    let labels = whole;
    for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
      const above = domain.slice(dot + 1);
      labels--;
      if (above === '') continue;
      add(`*.${above}`, false, labels);
      add(`[*.]${above}`, false, labels);
    }
  }
  add('*', false, 0);
  return fits;
}
