/** What an old configuration has of virtual MTAs and pools, and what leads to each: the first step of an adaptation, without a decision. */
import { folded, unquoted, type Block, type Document, type Node } from '../document.js';
import { firstWord } from '../lines.js';
import { survey } from '../survey.js';
import { directiveIn, isBlock, isDirective, nameOf, valueOf } from './edit.js';
import { leadsIn, type Lead } from './leads.js';

export interface OldVirtualMta {
  readonly name: string;
  /** More than one where the name is defined twice. */
  readonly blocks: readonly Block[];
  /** Its own address, or the one by which it reaches its proxy. */
  readonly ip: string | undefined;
  /** Whether nothing of its mail leaves over SMTP: `type discard` for every domain, or a pipe or a file. */
  readonly discards: boolean;
}

export interface OldPool {
  readonly name: string;
  readonly blocks: readonly Block[];
  readonly members: readonly string[];
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
  const virtualMtas = new Map<string, OldVirtualMta>();
  const pools = new Map<string, OldPool>();
  for (const node of nodes) {
    if (isBlock(node, 'virtual-mta')) {
      const name = nameOf(node);
      virtualMtas.set(name, virtualMtaOf(name, [...(virtualMtas.get(name)?.blocks ?? []), node]));
    } else if (isBlock(node, 'virtual-mta-pool')) {
      const name = nameOf(node);
      const blocks = [...(pools.get(name)?.blocks ?? []), node];
      pools.set(name, { name, blocks, members: [...new Set(blocks.flatMap(membersOf))] });
    }
  }
  const discards = (name: string): boolean => virtualMtas.get(name)?.discards ?? false;
  const source = nodes.find((node): node is Block => isBlock(node, 'source') && nameOf(node) === auth);
  const preferred = source && directiveIn(source, 'default-virtual-mta');
  return {
    virtualMtas,
    pools,
    leads: leadsIn(survey({ nodes, problems: [] }), discards),
    preferred: preferred && valueOf(preferred),
  };
}

function virtualMtaOf(name: string, blocks: readonly Block[]): OldVirtualMta {
  const children = blocks.flatMap((block) => block.children);
  const host = children.find(
    (node) => isDirective(node, 'smtp-source-host') || isDirective(node, 'smtp-proxy-source-host'),
  );
  const ip = host?.kind === 'directive' ? unquoted(firstWord(host.value).first.text) : undefined;
  return { name, blocks, ip, discards: children.some(stopsEverything) };
}

/** A `<domain *>` whose mail is not sent. */
function stopsEverything(node: Node): boolean {
  if (!isBlock(node, 'domain') || nameOf(node) !== '*') return false;
  return node.children.some((child) => isDirective(child, 'type') && valueOf(child).toLowerCase() !== 'smtp');
}

/** The names of the members of a pool. */
export const membersOf = (pool: Block): string[] =>
  pool.children.flatMap((node) => (isMember(node) ? unquoted(firstWord(node.value).first.text) : []));

export const isMember = (node: Node): node is Extract<Node, { kind: 'directive' }> =>
  node.kind === 'directive' && folded(node.keyword) === 'virtual-mta';
