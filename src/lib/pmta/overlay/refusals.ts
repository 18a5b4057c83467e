import { directiveIn, isBlock, nameOf } from '../adapt/edit.js';
import { folded, unquoted, type Block, type Directive, type Document, type Node } from '../document.js';
import { keyOf } from './keys.js';
import { ownedReason } from './owned.js';

/** A line of an overlay that cannot be merged, and why. */
export interface RefusedLine {
  readonly line: number;
  readonly reason: string;
}

/** The lines of an overlay that no rendering can have, whatever else it has. */
export function refusedLines(
  { nodes, problems }: Document,
  rendering: Document,
  feeders: readonly string[],
): RefusedLine[] {
  const broken = problems.map(({ line, message }) => ({ line, reason: message }));
  const deep = tooDeep(nodes);
  if (deep) return [...broken, deep];
  return [...broken, ...ownedLines(nodes, feeders), ...strangers(nodes, rendering), ...givenTwice(nodes)];
}

/** The first block that stands deeper than PowerMTA has any: a <domain> in a virtual MTA is the deepest. */
function tooDeep(nodes: readonly Node[]): RefusedLine | undefined {
  const blocks = (all: readonly Node[]): Block[] => all.filter((node): node is Block => node.kind === 'block');
  const [third] = blocks(nodes).flatMap(({ children }) => blocks(children).flatMap((inner) => blocks(inner.children)));
  return third && { line: third.open.number, reason: `${tagOf(third)} stands deeper than PowerMTA has any block` };
}

function ownedLines(nodes: readonly Node[], feeders: readonly string[], path: readonly Block[] = []): RefusedLine[] {
  return nodes.flatMap((node): RefusedLine[] => {
    const reason = ownedReason(node, path, feeders);
    if (reason !== undefined && (node.kind === 'directive' || node.kind === 'entry'))
      return [
        { line: node.line.number, reason: `${node.kind === 'entry' ? 'include' : node.keyword.text}: ${reason}` },
      ];
    if (node.kind !== 'block') return [];
    if (reason !== undefined) return [{ line: node.open.number, reason: `${tagOf(node)}: ${reason}` }];
    return ownedLines(node.children, feeders, [...path, node]);
  });
}

/** New virtual MTAs may only discard: any other would send from an address that the settings do not know. */
function strangers(nodes: readonly Node[], document: Document): RefusedLine[] {
  const known = new Set(document.nodes.flatMap((node) => (isBlock(node, 'virtual-mta') ? [nameOf(node)] : [])));
  return nodes.flatMap((node): RefusedLine[] => {
    if (!isBlock(node, 'virtual-mta') || known.has(nameOf(node)) || discards(node)) return [];
    const reason =
      'the rendering has no such virtual MTA, and one of the overlay may only discard (type discard in <domain *>)';
    return [{ line: node.open.number, reason: `${tagOf(node)}: ${reason}` }];
  });
}

const discards = (block: Block): boolean =>
  block.children.some((child) => {
    const type = isBlock(child, 'domain') && nameOf(child) === '*' ? directiveIn(child, 'type') : undefined;
    return type !== undefined && /^discard$/i.test(unquoted(type.value.text));
  });

/** Directives that the overlay gives twice in one place, with different values. */
function givenTwice(nodes: readonly Node[]): RefusedLine[] {
  const first = new Map<string, Directive>();
  const found: RefusedLine[] = [];
  const visit = (all: readonly Node[], where: string): void => {
    for (const node of all) {
      if (node.kind === 'block') visit(node.children, `${where}<${folded(node.tag)} ${nameOf(node).toLowerCase()}>`);
      if (node.kind !== 'directive') continue;
      const key = `${where} ${keyOf(node)}`;
      const earlier = first.get(key) ?? node;
      first.set(key, earlier);
      if (earlier.value.text !== node.value.text)
        found.push({
          line: node.line.number,
          reason: `${node.keyword.text}: line ${earlier.line.number} gives it another value`,
        });
    }
  };
  visit(nodes, '');
  return found;
}

export const tagOf = (block: Block): string => `<${`${block.tag.text} ${block.name.text}`.trim()}>`;
