/** What an old configuration has of virtual MTAs and pools, and what leads to each: the first step of an adaptation, without a decision. */
import { folded, unquoted, type Block, type Document, type Node } from '../document.js';
import { firstWord } from '../lines.js';
import { survey } from '../survey.js';
import { discardingIn } from './discarding.js';
import { isBlock, isDirective, nameOf, valueOf } from './edit.js';
import { leadsIn, type Lead } from './leads.js';
import { settingsForUsers } from './logged-in.js';

export interface OldVirtualMta {
  readonly name: string;
  /** More than one where the name is defined twice. */
  readonly blocks: readonly Block[];
  /** Its own address, or the one by which it reaches its proxy. */
  readonly ip: string | undefined;
  /** Whether nothing of its mail leaves over SMTP: `type discard` for every domain, its own or of its pool, or a pipe or a file. */
  readonly discards: boolean;
}

export interface OldPool {
  readonly name: string;
  readonly blocks: readonly Block[];
  readonly members: readonly string[];
  /** Whether all of its members discard. */
  readonly discards: boolean;
}

/** By name, in the order of the file. */
export interface OldTopology {
  readonly virtualMtas: ReadonlyMap<string, OldVirtualMta>;
  readonly pools: ReadonlyMap<string, OldPool>;
  readonly leads: readonly Lead[];
  /** Where mail goes by default after a login. */
  readonly preferred: string | undefined;
}

export function oldTopology({ nodes }: Pick<Document, 'nodes'>, auth: string): OldTopology {
  const surveyed = survey({ nodes, problems: [] });
  const discarding = discardingIn(surveyed);
  const virtualMtas = new Map<string, OldVirtualMta>();
  for (const [name, blocks] of blocksByName(nodes, 'virtual-mta'))
    virtualMtas.set(name, { name, blocks, ip: addressOf(blocks), discards: discarding.has(name) });
  const pools = new Map<string, OldPool>();
  for (const [name, blocks] of blocksByName(nodes, 'virtual-mta-pool')) {
    const members = [...new Set(blocks.flatMap(membersOf))];
    const defined = members.filter((member) => virtualMtas.has(member));
    const discards = defined.length > 0 && defined.every((member) => discarding.has(member));
    pools.set(name, { name, blocks, members, discards });
  }
  const [preferred] = settingsForUsers(nodes, auth, 'default-virtual-mta');
  return {
    virtualMtas,
    pools,
    leads: leadsIn(surveyed, (name) => discards({ virtualMtas, pools }, name)),
    preferred: preferred && valueOf(preferred),
  };
}

/** Whether a name stands for a virtual MTA that sends nothing, or for a pool of such ones. */
export const discards = ({ virtualMtas, pools }: Pick<OldTopology, 'virtualMtas' | 'pools'>, name: string): boolean =>
  (virtualMtas.get(name) ?? pools.get(name))?.discards ?? false;

/** Blocks of one kind by their names, in the order of the file. */
function blocksByName(nodes: readonly Node[], tag: string): Map<string, Block[]> {
  const blocks = new Map<string, Block[]>();
  for (const node of nodes) {
    if (!isBlock(node, tag)) continue;
    const same = blocks.get(nameOf(node));
    if (same) same.push(node);
    else blocks.set(nameOf(node), [node]);
  }
  return blocks;
}

function addressOf(blocks: readonly Block[]): string | undefined {
  const host = blocks
    .flatMap(({ children }) => children)
    .find((node) => isDirective(node, 'smtp-source-host') || isDirective(node, 'smtp-proxy-source-host'));
  return host?.kind === 'directive' ? unquoted(firstWord(host.value).first.text) : undefined;
}

/** The names of the members of a pool. */
export const membersOf = (pool: Block): string[] =>
  pool.children.flatMap((node) => (isMember(node) ? unquoted(firstWord(node.value).first.text) : []));

export const isMember = (node: Node): node is Extract<Node, { kind: 'directive' }> =>
  node.kind === 'directive' && folded(node.keyword) === 'virtual-mta';
