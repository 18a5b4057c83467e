import { unquoted, type Block, type Node } from '../document.js';
import { firstWord } from '../lines.js';
import {
  directiveIn,
  inserted,
  isBlock,
  isDirective,
  nameOf,
  sameText,
  withChildren,
  withValue,
  written,
} from './edit.js';
import { isGeneratedName, keyFile, virtualMtaName, type AdaptationPlan } from './plan.js';
import type { ReportBook } from './report.js';
import { retiringBlocks } from './retiring.js';

/** Nodes with their virtual MTAs and pools adapted, the pool that mail goes to by default, and the names that are defined now. */
export interface Topology {
  readonly nodes: readonly Node[];
  readonly pool: string;
  readonly defined: ReadonlySet<string>;
}

/** Used where the configuration has no pool at all. */
const POOL = 'pmta-pool';

/** Puts the virtual MTAs of the plan in the place of the old ones, and into every pool that had one of those. */
export function replaceVirtualMtas(
  nodes: readonly Node[],
  plan: AdaptationPlan,
  preferred: string | undefined,
  book: ReportBook,
): Topology {
  const pools = nodes.filter((node): node is Block => isBlock(node, 'virtual-mta-pool'));
  const target = pools.find((pool) => nameOf(pool) === preferred) ?? pools[0];
  const pool = target ? nameOf(target) : POOL;
  const members = new Set(pools.flatMap(membersOf));
  const retiring = retiringBlocks(plan.retiring).filter((node): node is Block => node.kind === 'block');
  const isRetiring = (node: Block): boolean => retiring.some((block) => nameOf(block) === nameOf(node));
  const isOld = (node: Node): boolean =>
    isBlock(node, 'virtual-mta') && (isRetiring(node) || !isAddition(node, plan, members));
  const blocks = plan.identities.map((identity) => written(virtualMta(plan, identity)));
  noteVirtualMtas(
    nodes.filter((node): node is Block => isBlock(node, 'virtual-mta') && !isRetiring(node)),
    isOld,
    blocks.flat(),
    book,
  );
  for (const block of retiring) {
    const stood = nodes.find((node): node is Block => isBlock(node, 'virtual-mta') && nameOf(node) === nameOf(block));
    const reason = 'stays until its queues are empty; no new mail goes to it';
    book.note('left', `<virtual-mta ${nameOf(block)}>`, reason, stood?.open.number);
  }

  let rest: readonly Node[] = nodes.filter((node) => !isOld(node));
  if (!target) {
    book.note('added', `<virtual-mta-pool ${pool}>`, 'mail without a sender of its own needs somewhere to go');
    rest = inserted(rest, afterSources(rest), written([`<virtual-mta-pool ${pool}>`, '</virtual-mta-pool>']));
  }
  const goes = new Set([
    ...nodes.filter((node): node is Block => isBlock(node, 'virtual-mta') && isOld(node)).map(nameOf),
    ...retiring.map(nameOf),
    ...members,
  ]);
  rest = rest.map((node) => {
    if (!isBlock(node, 'virtual-mta-pool')) return node;
    return nameOf(node) === pool || membersOf(node).some((member) => goes.has(member))
      ? withMembers(node, goes, plan, book)
      : node;
  });
  const place = rest.findIndex((node) => isBlock(node, 'virtual-mta-pool'));
  const after = inserted(rest, place, blocks.flat());
  const defined = after.filter(
    (node): node is Block => isBlock(node, 'virtual-mta') || isBlock(node, 'virtual-mta-pool'),
  );
  // A retiring one is no target for mail any more, so it is not among those that are defined.
  return { nodes: inserted(after, place + blocks.length, retiring), pool, defined: new Set(defined.map(nameOf)) };
}

/** A virtual MTA has no <domain>: it would hide the limits of the providers. */
function virtualMta(plan: AdaptationPlan, identity: AdaptationPlan['identities'][number]): string[] {
  return [
    `<virtual-mta ${virtualMtaName(identity)}>`,
    `    smtp-source-host ${identity.ip} ${identity.domain}`,
    `    domain-key ${identity.selector},${identity.domain},${keyFile(plan, identity)}`,
    '</virtual-mta>',
  ];
}

/** A virtual MTA that somebody added beside the pools, on an IP of the plan, is kept. */
function isAddition(node: Block, plan: AdaptationPlan, members: ReadonlySet<string>): boolean {
  const name = nameOf(node);
  if (isGeneratedName(name) || members.has(name)) return false;
  const host = directiveIn(node, 'smtp-source-host');
  const ip = host && unquoted(firstWord(host.value).first.text);
  return plan.identities.some((identity) => identity.ip === ip);
}

function noteVirtualMtas(
  old: readonly Block[],
  isOld: (node: Node) => boolean,
  wanted: readonly Node[],
  book: ReportBook,
): void {
  const blocks = wanted.filter((node) => node.kind === 'block');
  for (const node of old) {
    const next = blocks.find((block) => nameOf(block) === nameOf(node));
    const note = (action: 'changed' | 'dropped', reason: string): void => {
      book.note(action, `<virtual-mta ${nameOf(node)}>`, reason, node.open.number);
    };
    if (!isOld(node)) continue;
    if (!next) note('dropped', 'its address and its key belong to the old configuration');
    else if (!sameText([node], [next])) note('changed', 'is written anew from the settings');
  }
  for (const block of blocks) {
    if (old.some((node) => nameOf(node) === nameOf(block))) continue;
    const host = directiveIn(block, 'smtp-source-host');
    book.note('added', `<virtual-mta ${nameOf(block)}>`, `sends from ${host?.value.text.replace(' ', ' as ') ?? ''}`);
  }
}

function membersOf(pool: Block): string[] {
  return pool.children.flatMap((node) =>
    isDirective(node, 'virtual-mta') ? unquoted(firstWord(node.value).first.text) : [],
  );
}

/** A pool with the new virtual MTAs where the old ones stood, or at its end. */
function withMembers(pool: Block, goes: ReadonlySet<string>, plan: AdaptationPlan, book: ReportBook): Block {
  const isOld = (node: Node): boolean =>
    isDirective(node, 'virtual-mta') && goes.has(unquoted(firstWord(node.value).first.text));
  const first = pool.children.findIndex(isOld);
  const rest = pool.children.filter((node) => !isOld(node));
  const members = written(plan.identities.map((identity) => `    virtual-mta ${virtualMtaName(identity)}`));
  const changed = withChildren(pool, inserted(rest, first === -1 ? rest.length : first, members));
  if (sameText([changed], [pool])) return pool;
  book.note(
    'changed',
    `<virtual-mta-pool ${nameOf(pool)}>`,
    `has the ${members.length} new virtual MTAs as its members`,
    pool.open.number,
  );
  return changed;
}

function afterSources(nodes: readonly Node[]): number {
  return nodes.findLastIndex((node) => isBlock(node, 'source')) + 1 || nodes.length;
}

/** Sends mail that would go to a virtual MTA that is gone, or never was, to the pool instead. */
export function repairDefaults(nodes: readonly Node[], { pool, defined }: Topology, book: ReportBook): readonly Node[] {
  const isKnown = (name: string): boolean => defined.has(name) || name.toLowerCase() === 'by-smtp-source-ip';
  return nodes.map((node) => {
    if (!isBlock(node, 'source')) return node;
    const directive = directiveIn(node, 'default-virtual-mta');
    if (!directive || isKnown(unquoted(directive.value.text))) return node;
    book.note(
      'changed',
      `default-virtual-mta ${directive.value.text}`,
      `is not defined; the pool ${pool} takes its place`,
      directive.line.number,
    );
    return withChildren(
      node,
      node.children.map((child) => (child === directive ? withValue(directive, pool) : child)),
    );
  });
}
