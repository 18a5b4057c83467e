import { contentOf } from '../adapt/contents.js';
import { isBlock, nameOf } from '../adapt/edit.js';
import { PROBE_DOMAIN } from '../adapt/probe.js';
import type { Block, Node } from '../document.js';
import type { Correspondence, Side } from './correspondence.js';
import { lossOf, type Loss } from './loss.js';

/** What a virtual MTA holds that are no settings: includes, and blocks of other kinds than `<domain>`. */
export function* nestedLosses({ assignment, pairs }: Correspondence, after: Side): Generator<Loss> {
  const fresh = new Map<string, Set<string>>();
  for (const node of after.document.nodes)
    if (isBlock(node, 'virtual-mta'))
      fresh.set(nameOf(node), new Set([...(fresh.get(nameOf(node)) ?? []), ...partsOf(node).map(({ key }) => key)]));
  for (const { old, now } of pairs) {
    for (const { key, line } of (assignment.topology.virtualMtas.get(old)?.blocks ?? []).flatMap(partsOf))
      if (!fresh.get(now)?.has(key)) yield lossOf(line, `does not hold for ${now}`);
  }
}

const partsOf = (block: Block): ReturnType<typeof contentOf> => parts(block.children, false).flatMap(contentOf);

/** Includes of a virtual MTA and of its domains, and its other blocks. */
function parts(nodes: readonly Node[], within: boolean): Node[] {
  return nodes.flatMap((node): Node[] => {
    if (node.kind === 'directive') return node.keyword.text.toLowerCase() === 'include' ? [node] : [];
    if (node.kind !== 'block' || nameOf(node).toLowerCase() === PROBE_DOMAIN) return [];
    if (!within && node.tag.text.toLowerCase() === 'domain') {
      const inner = parts(node.children, true);
      return inner.length > 0 ? [{ ...node, children: inner }] : [];
    }
    return [node];
  });
}
