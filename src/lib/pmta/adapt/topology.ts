import type { Block, Node } from '../document.js';
import { unquoted } from '../document.js';
import { firstWord } from '../lines.js';
import { assign, nameNow, type Assignment } from './assignment.js';
import { inserted, isBlock, isDirective, nameOf, sameText, withChildren, withFirstWord, written } from './edit.js';
import { isMember, membersOf, oldTopology, type OldVirtualMta } from './old-topology.js';
import type { AdaptationPlan } from './plan.js';
import type { ReportBook } from './report.js';
import { retiringBlocks } from './retiring.js';
import { keptVirtualMtas, newNames, newVirtualMtas, type NewVirtualMta } from './virtual-mtas.js';

/** Nodes with their virtual MTAs and pools adapted, the pool that mail goes to by default, and the names that are defined now. */
export interface Topology {
  readonly nodes: readonly Node[];
  readonly pool: string;
  readonly defined: ReadonlySet<string>;
  readonly assignment: Assignment;
  readonly virtualMtas: readonly NewVirtualMta[];
}

/** Used where the configuration has no pool that takes all. */
const POOL = 'pmta-pool';

/** Which new virtual MTA takes what of the old ones. */
export function assignmentFor(nodes: readonly Node[], plan: AdaptationPlan, auth: string): Assignment {
  return assign(oldTopology({ nodes }, auth), {
    names: newNames(plan),
    addresses: new Set(plan.identities.map(({ ip }) => ip)),
    retiring: new Set(retiringIn(plan).map(nameOf)),
  });
}

/**
 * Puts the virtual MTAs of the plan in the place of the old ones, with what those carry. A pool that only defaults and senders lead to
 * has all of them as its members, any other the ones that took the blocks of its own members.
 */
export function replaceVirtualMtas(
  nodes: readonly Node[],
  plan: AdaptationPlan,
  assignment: Assignment,
  book: ReportBook,
): Topology {
  const pool = poolForAll(assignment);
  const virtualMtas = newVirtualMtas(assignment, plan);
  const retiring = retiringIn(plan);
  const kept = keptVirtualMtas(assignment, plan);
  noteOld(nodes, assignment, virtualMtas, kept, retiring, book);
  noteNew(nodes, virtualMtas, book);

  const retires = new Set(retiring.map(nameOf));
  const turns = new Map<string, number>();
  let rest: readonly Node[] = nodes.flatMap((node): readonly Node[] => {
    if (!isBlock(node, 'virtual-mta')) return [node];
    const name = nameOf(node);
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    return retires.has(name) ? [] : (kept.get(name)?.slice(turn, turn + 1) ?? []);
  });
  if (!assignment.topology.pools.has(pool) && needsPool(assignment)) {
    book.note('added', `<virtual-mta-pool ${pool}>`, 'mail without a sender of its own needs somewhere to go');
    rest = inserted(rest, afterSources(rest), written([`<virtual-mta-pool ${pool}>`, '</virtual-mta-pool>']));
  }
  rest = rest.map((node) => (isBlock(node, 'virtual-mta-pool') ? adaptedPool(node, plan, assignment, book) : node));
  const firstPool = rest.findIndex((node) => isBlock(node, 'virtual-mta-pool'));
  const place = firstPool === -1 ? afterSources(rest) : firstPool;
  const after = inserted(
    rest,
    place,
    virtualMtas.map(({ block }) => block),
  );
  const defined = after.filter(
    (node): node is Block => isBlock(node, 'virtual-mta') || isBlock(node, 'virtual-mta-pool'),
  );
  // A retiring one is no target for mail any more, so it is not among those that are defined.
  return {
    nodes: inserted(after, place + virtualMtas.length, retiring),
    pool,
    defined: new Set(defined.map(nameOf)),
    assignment,
    virtualMtas,
  };
}

const retiringIn = (plan: AdaptationPlan): Block[] =>
  retiringBlocks(plan.retiring).filter((node): node is Block => node.kind === 'block');

/** The pool that mail goes to where nothing else is said: the old default where it takes all, another that does, or one that is made. */
function poolForAll({ topology: { preferred, pools, virtualMtas }, open }: Assignment): string {
  if (preferred !== undefined && open.has(preferred)) return preferred;
  const [first] = open;
  if (first !== undefined) return first;
  for (let name = POOL, count = 2; ; name = `${POOL}-${count++}`)
    if (!pools.has(name) && !virtualMtas.has(name)) return name;
}

/** Whether a source has no default, or one that is replaced: then mail needs a pool to go to. */
function needsPool({ topology: { preferred, pools, leads }, keeps }: Assignment): boolean {
  const stays = (name: string): boolean =>
    pools.has(name) || keeps.has(name) || name.toLowerCase() === 'by-smtp-source-ip';
  return preferred === undefined || leads.some(({ kind, target }) => kind === 'default' && !stays(target));
}

/** A pool with the new virtual MTAs where the old ones stood, or at its end. */
function adaptedPool(pool: Block, plan: AdaptationPlan, assignment: Assignment, book: ReportBook): Block {
  const isMade = !assignment.topology.pools.has(nameOf(pool));
  const isOpen = isMade || assignment.open.has(nameOf(pool));
  const members = isOpen ? withAll(pool, plan, assignment) : withOwn(pool, assignment);
  const changed = withoutKeys(members, book);
  if (sameText([changed], [pool])) return pool;
  const names = membersOf(changed);
  const reason = isOpen
    ? `has the ${plan.identities.length} new virtual MTAs as its members`
    : `has ${names.join(', ') || 'nobody'} in the place of its own members`;
  if (!sameText([members], [pool]))
    book.note('changed', `<virtual-mta-pool ${nameOf(pool)}>`, reason, pool.open.number);
  return changed;
}

const memberName = (node: Node): string | undefined =>
  isMember(node) ? unquoted(firstWord(node.value).first.text) : undefined;

function withAll(pool: Block, plan: AdaptationPlan, { keeps }: Assignment): Block {
  const isOld = (node: Node): boolean => {
    const name = memberName(node);
    return name !== undefined && !keeps.has(name);
  };
  const wanted = newNames(plan);
  const there = new Set(membersOf(pool).filter((name) => !keeps.has(name)));
  if (there.size === wanted.length && wanted.every((name) => there.has(name))) return pool;
  const first = pool.children.findIndex(isOld);
  const rest = pool.children.filter((node) => !isOld(node));
  const members = written(wanted.map((name) => `    virtual-mta ${name}`));
  return withChildren(pool, inserted(rest, first === -1 ? rest.length : first, members));
}

/** Each member under its name now. One that was never defined stays, for `check` to name it. */
function withOwn(pool: Block, assignment: Assignment): Block {
  const children = pool.children.flatMap((node) => {
    const name = memberName(node);
    if (name === undefined || !isMember(node) || !assignment.topology.virtualMtas.has(name)) return [node];
    const now = nameNow(assignment, name);
    return now === undefined ? [] : [now === name ? node : withFirstWord(node, now)];
  });
  return withChildren(pool, children);
}

/** Keys of the archive are never used again; each new virtual MTA has its own. */
function withoutKeys(pool: Block, book: ReportBook): Block {
  const children = pool.children.filter((node) => {
    if (!isDirective(node, 'domain-key')) return true;
    book.note('dropped', `domain-key in <virtual-mta-pool ${nameOf(pool)}>`, OLD_KEY, node.line.number);
    return false;
  });
  return children.length === pool.children.length ? pool : withChildren(pool, children);
}

const OLD_KEY = 'keys of the old configuration are not used again';

/** What becomes of each virtual MTA of the configuration. */
function noteOld(
  nodes: readonly Node[],
  assignment: Assignment,
  virtualMtas: readonly NewVirtualMta[],
  kept: ReadonlyMap<string, readonly Block[]>,
  retiring: readonly Block[],
  book: ReportBook,
): void {
  const retires = new Set(retiring.map(nameOf));
  for (const block of retiring) {
    const stood = nodes.find((node): node is Block => isBlock(node, 'virtual-mta') && nameOf(node) === nameOf(block));
    const reason = 'stays until its queues are empty; no new mail goes to it';
    book.note('left', `<virtual-mta ${nameOf(block)}>`, reason, stood?.open.number);
  }
  const fresh = new Map(virtualMtas.map(({ block }) => [nameOf(block), block]));
  for (const node of nodes) {
    if (!isBlock(node, 'virtual-mta') || retires.has(nameOf(node))) continue;
    const name = nameOf(node);
    const note = (action: 'changed' | 'dropped', reason: string): void => {
      book.note(action, `<virtual-mta ${name}>`, reason, node.open.number);
    };
    const [here] = kept.get(name) ?? [];
    const taker = assignment.takes.get(name);
    const next = fresh.get(name);
    if (here) {
      if (!sameText([here], [node])) note('changed', `stays, ${lacking(assignment.topology.virtualMtas.get(name))}`);
    } else if (taker === undefined) note('dropped', 'its address and its key belong to the old configuration');
    else if (taker !== name) note('changed', `is now ${taker}, with its blocks, and with another address and key`);
    else if (!next || !sameText([next], [node])) note('changed', 'has the address and the key of the settings');
  }
}

/** What becomes of the address and the keys of one that stays. */
function lacking(old: OldVirtualMta | undefined): string {
  if (old?.ip === undefined) return 'without its keys';
  return `${old.discards ? 'without its address and' : 'with the address of the settings and without'} its keys`;
}

function noteNew(nodes: readonly Node[], virtualMtas: readonly NewVirtualMta[], book: ReportBook): void {
  const there = new Set(nodes.flatMap((node) => (isBlock(node, 'virtual-mta') ? nameOf(node) : [])));
  for (const { block, identity, from } of virtualMtas) {
    if (there.has(nameOf(block))) continue;
    const takes = block.children.length > 2 && from.length > 0 ? `, with what ${listed(from)} had` : '';
    book.note('added', `<virtual-mta ${nameOf(block)}>`, `sends from ${identity.ip} as ${identity.domain}${takes}`);
  }
}

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');

function afterSources(nodes: readonly Node[]): number {
  return nodes.findLastIndex((node) => isBlock(node, 'source')) + 1 || nodes.length;
}
