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
  const said = whatHolds(nodes, now);
  const members = nodes.flatMap((node) =>
    isBlock(node, 'virtual-mta-pool') && nameOf(node) === pool ? membersOf(node) : [],
  );
  return members.every((member) => member === now || whatHolds(nodes, member) === said) ? pool : now;
}

/** What a virtual MTA and its pools say, beside addresses and keys, as a text that is the same where they say the same. */
function whatHolds(nodes: readonly Node[], virtualMta: string): string {
  const blocks = nodes.filter((node): node is Block => node.kind === 'block');
  const own = blocks.filter((block) => isBlock(block, 'virtual-mta') && nameOf(block) === virtualMta);
  const pools = blocks.filter((block) => isBlock(block, 'virtual-mta-pool') && membersOf(block).includes(virtualMta));
  const beside = pools.map((pool) =>
    withChildren(
      pool,
      pool.children.filter((node) => !isMember(node)),
    ),
  );
  return [own, beside].map((level) => JSON.stringify(contentsOf(level).map(({ key }) => key))).join('\n');
}
