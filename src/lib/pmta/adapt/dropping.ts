import type { Document, Node } from '../document.js';
import type { Loss } from '../losses.js';

/** What is left of a configuration once lines of it were left out that have no place in its adaptation. */
export interface Dropped {
  readonly document: Document;
  /** Lines to leave out that have a place, or are no statements: an operator meant other ones. */
  readonly misnamed: readonly number[];
}

/**
 * Leaves lines out of a configuration, as long as each of them has no place in its adaptation. Without one, others may have no place
 * either, so it is looked at again until nothing changes. A line that opens a block stands for the whole of it.
 */
export function withoutDropped(
  document: Document,
  lines: readonly number[],
  unplacedOf: (document: Document) => readonly Loss[],
): Dropped {
  let left = new Set(lines);
  let rest = document;
  while (left.size > 0) {
    const unplaced = new Set(unplacedOf(rest).map(({ line }) => line));
    const now = new Set([...left].filter((line) => unplaced.has(line)));
    if (now.size === 0) break;
    rest = { ...rest, nodes: without(rest.nodes, now) };
    left = new Set([...left].filter((line) => !now.has(line)));
  }
  return { document: rest, misnamed: [...left].sort((a, b) => a - b) };
}

function without(nodes: readonly Node[], lines: ReadonlySet<number>): readonly Node[] {
  return nodes.flatMap((node): Node[] => {
    if (node.kind === 'block') {
      if (lines.has(node.open.number)) return [];
      const children = without(node.children, lines);
      return [
        children.length === node.children.length && children.every((child, at) => child === node.children[at])
          ? node
          : { ...node, children },
      ];
    }
    return lines.has(node.line.number) ? [] : [node];
  });
}
