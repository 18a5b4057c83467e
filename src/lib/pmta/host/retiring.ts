import type { Block, Document } from '../document.js';
import { inserted, isBlock, nameOf } from '../adapt/edit.js';

/**
 * Virtual MTAs of the running configuration that the wanted one lacks and that still have mail in their queues: `waiting` counts
 * recipients by virtual MTA. PowerMTA bounces what waits for one that is gone, so they stay until nothing does.
 */
export function retiringBlocks(running: Document, wanted: Document, waiting: ReadonlyMap<string, number>): Block[] {
  const stays = new Set(virtualMtasOf(wanted).map(nameOf));
  return virtualMtasOf(running).filter((block) => !stays.has(nameOf(block)) && (waiting.get(nameOf(block)) ?? 0) > 0);
}

/** Names of the virtual MTAs that `before` has and `after` has not. */
export function goneVirtualMtas(before: Document, after: Document): string[] {
  const stays = new Set(virtualMtasOf(after).map(nameOf));
  return virtualMtasOf(before)
    .map(nameOf)
    .filter((name) => !stays.has(name));
}

/** The document with these blocks, byte for byte, after its own virtual MTAs: no pool, list or listener leads to them. */
export function withRetiring(document: Document, blocks: readonly Block[]): Document {
  if (blocks.length === 0) return document;
  const last = document.nodes.findLastIndex(
    (node) => isBlock(node, 'virtual-mta') || isBlock(node, 'virtual-mta-pool'),
  );
  return { ...document, nodes: inserted(document.nodes, last === -1 ? document.nodes.length : last + 1, blocks) };
}

const virtualMtasOf = ({ nodes }: Document): Block[] =>
  nodes.filter((node): node is Block => isBlock(node, 'virtual-mta'));
