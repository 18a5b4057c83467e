import type { Block, Node } from '../document.js';
import { nameNow } from './assignment.js';
import { contentsOf } from './contents.js';
import { isBlock, nameOf, withChildren } from './edit.js';
import { isByAddress } from './leads.js';
import { isMember, membersOf } from './old-topology.js';
import type { Topology } from './topology.js';

/**
 * Where mail goes now that went to `name` by default: there, where that is still defined. A virtual MTA that is replaced hands over to
 * the pool, as long as all of it say what that one said: else to the one that took its blocks, so that these still hold.
 */
export function defaultTarget(name: string, { assignment, defined, nodes, pool }: Topology): string {
  if (defined.has(name) || isByAddress(name)) return name;
  const now = nameNow(assignment, name);
  if (now === undefined || !defined.has(now)) return pool;
  const held = whatHolds(nodes);
  const members = nodes.flatMap((node) =>
    isBlock(node, 'virtual-mta-pool') && nameOf(node) === pool ? membersOf(node) : [],
  );
  return members.every((member) => held.get(member) === held.get(now)) ? pool : now;
}

const known = new WeakMap<readonly Node[], ReadonlyMap<string, string>>();

/** What each virtual MTA and its pools say, beside addresses and keys, as texts that are the same where they say the same. */
function whatHolds(nodes: readonly Node[]): ReadonlyMap<string, string> {
  const held = known.get(nodes) ?? heldIn(nodes);
  known.set(nodes, held);
  return held;
}

function heldIn(nodes: readonly Node[]): ReadonlyMap<string, string> {
  const held = new Map<string, string>();
  const add = (virtualMta: string, text: string): unknown => held.set(virtualMta, (held.get(virtualMta) ?? '') + text);
  const textOf = (block: Block): string => JSON.stringify(contentsOf([block]).map(({ key }) => key));
  for (const node of nodes) if (isBlock(node, 'virtual-mta')) add(nameOf(node), textOf(node));
  for (const node of nodes) {
    if (!isBlock(node, 'virtual-mta-pool')) continue;
    const beside = textOf(
      withChildren(
        node,
        node.children.filter((child) => !isMember(child)),
      ),
    );
    if (beside !== '[]') for (const member of new Set(membersOf(node))) add(member, `in a pool ${beside}`);
  }
  return held;
}
