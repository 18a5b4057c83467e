/**
 * Which `<domain>` blocks speak of a domain. A block has one pattern: `*`, `d`, `*.d` (sub-domains), `[*.]d` (both) or a name with
 * macros in it (`$gmail`, `yahoo.$tld`), which stands for one pattern a member.
 */
import type { Macro } from './survey.js';

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

/** The best fit of a block's name to a domain, `undefined` where it does not speak of it. */
export function fitOf(name: string, domain: string, macros: ReadonlyMap<string, Macro>): Fit | undefined {
  const literal = !name.includes('$');
  const fits = expanded(name, macros).flatMap((pattern) => {
    const fit = plainFit(pattern.toLowerCase(), domain.toLowerCase());
    return fit ? [{ ...fit, literal }] : [];
  });
  return fits.sort(compareFits).at(-1);
}

function plainFit(pattern: string, domain: string): Omit<Fit, 'literal'> | undefined {
  const labels = (text: string): number => text.split('.').length;
  if (pattern === '*') return { exact: false, labels: 0 };
  if (pattern === domain) return { exact: true, labels: labels(domain) };
  const [, head, rest = ''] = /^(\*\.|\[\*\.\])(.+)$/.exec(pattern) ?? [];
  if (head === undefined) return undefined;
  const covered = domain.endsWith(`.${rest}`) || (head === '[*.]' && domain === rest);
  return covered ? { exact: false, labels: labels(rest) } : undefined;
}

/** The patterns that a name stands for. A macro that is not defined, or that contains itself, stands for nothing. */
export function expanded(
  name: string,
  macros: ReadonlyMap<string, Macro>,
  inside: ReadonlySet<string> = new Set(),
): string[] {
  const match = /\$(\w+)/.exec(name);
  if (!match) return [name];
  const [reference, macro = ''] = match;
  const members = inside.has(macro) ? [] : (macros.get(macro)?.members ?? []);
  const within = new Set([...inside, macro]);
  const values = members.flatMap((member) => expanded(member, macros, within));
  const rest = expanded(name.slice(match.index + reference.length), macros, inside);
  return values.flatMap((value) => rest.map((tail) => `${name.slice(0, match.index)}${value}${tail}`));
}
