import { ANY_DOMAIN } from '../adapt/any-domain.js';
import { isDirective } from '../adapt/edit.js';
import { isYes, unquoted, type Node } from '../document.js';
import { effectiveIn } from '../effective.js';
import type { Correspondence, Side } from './correspondence.js';
import { lossOf, type Loss } from './loss.js';

/** Identities to sign for that no new key fits, and signing that was turned off although there are keys. */
export function* signingLosses(before: Side, after: Side, { names }: Correspondence): Generator<Loss> {
  yield* identityLosses(before, after, names);
  const signing = after.surveyed
    .all('dkim-sign')
    .some(({ directive }) => !/^"?(no|false)"?$/i.test(directive.value.text));
  if (signing || names.length === 0) return;
  for (const { directive } of before.surveyed.all('dkim-sign'))
    yield lossOf(directive.line, 'each virtual MTA has a key now, and nothing would be signed');
}

/** PowerMTA signs with the key whose domain is that of the identity or a parent of it, and leaves unsigned what none fits. */
function* identityLosses(before: Side, after: Side, names: readonly string[]): Generator<Loss> {
  const fixed = before.surveyed
    .all('dkim-identity')
    .filter(({ directive }) => domainOf(directive.value.text) !== undefined);
  if (fixed.length === 0) return;
  const ofAll = keyDomains(after.document.nodes);
  const keys = new Map(names.map((name) => [name, keysOf(after, name, ofAll)]));
  for (const { directive, path } of fixed) {
    const domain = domainOf(directive.value.text) ?? '';
    const to = path.at(-1)?.name.text ?? '*';
    const through = names.find((name) => {
      const asked = to.startsWith('$') || to.includes('*') ? ANY_DOMAIN : unquoted(to);
      const { settings } = effectiveIn(after.surveyed, asked, name);
      const value = (wanted: string): string => settings.find((one) => one.name === wanted)?.value ?? '';
      const isMeant = value('dkim-identity') === directive.value.text && isYes(value('dkim-sign'));
      const fallback = domainOf(value('dkim-identity-fallback'));
      const fits = (one: string): boolean =>
        (keys.get(name) ?? []).some((key) => one === key || one.endsWith(`.${key}`));
      return isMeant && !fits(domain) && !(fallback !== undefined && fits(fallback));
    });
    if (through !== undefined)
      yield lossOf(directive.line, `${through} has no key for ${domain}, and mail would leave unsigned`);
  }
}

/** The domain of an identity that is written out. */
function domainOf(value: string): string | undefined {
  const text = unquoted(value).toLowerCase();
  return text.includes('@') ? text.slice(text.lastIndexOf('@') + 1) : undefined;
}

function keysOf(side: Side, name: string, ofAll: readonly string[]): string[] {
  return [...side.named('virtual-mta', name).flatMap(({ children }) => keyDomains(children)), ...ofAll];
}

const keyDomains = (nodes: readonly Node[]): string[] =>
  nodes.flatMap((node) =>
    isDirective(node, 'domain-key') ? (node.value.text.split(',')[1]?.trim().toLowerCase() ?? []) : [],
  );
