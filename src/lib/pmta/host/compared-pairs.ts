import { isBlock, nameOf } from '../adapt/edit.js';
import type { Block, Document } from '../document.js';
import { survey } from '../survey.js';

/** Pairs of a domain and a virtual MTA that `pmta show settings` is asked about before and after an application. */
export function comparedPairs(before: Document, after: Document): string[] {
  const virtualMtas = [before, after].map(
    (document) =>
      new Set(document.nodes.filter((node) => isBlock(node, 'virtual-mta')).map((node) => nameOf(node as Block))),
  );
  const [first, second] = virtualMtas;
  const common = [...(first ?? [])].filter((name) => second?.has(name));
  // Virtual MTAs without rules of their own have the same ones: one stands for them all.
  const withRules = new Set([...namesWithRules(after), ...namesWithRules(before)]);
  const own = common.filter((name) => withRules.has(name));
  const plain = common.filter((name) => !withRules.has(name)).slice(0, 1);
  const found = survey(after);
  const macros = new Map(found.macros.map(({ name, members }) => [name.text, members[0]]));
  const domains = new Set(
    found.blocksOf('domain').flatMap(({ name, path }) => {
      if (path.length > 0) return [];
      if (name === '*') return ['example.org'];
      const domain = name.startsWith('$') ? macros.get(name.slice(1)) : name;
      return domain && /^[a-z0-9.-]+$/i.test(domain) ? [domain] : [];
    }),
  );
  const asked = [...domains].slice(0, MOST);
  return [...own, ...plain]
    .slice(0, MOST)
    .flatMap((virtualMta) => asked.map((domain) => `${domain}/${virtualMta}`))
    .slice(0, MOST);
}

/** Each is asked about twice, and a command of PowerMTA takes its time. */
const MOST = 40;

/** The virtual MTAs with a `<domain>` of their own. */
function namesWithRules({ nodes }: Document): string[] {
  return nodes.flatMap((node) =>
    isBlock(node, 'virtual-mta') && node.children.some((child) => isBlock(child, 'domain')) ? nameOf(node) : [],
  );
}
