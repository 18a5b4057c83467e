/**
 * Which new virtual MTA takes what of which old one: the decision of an adaptation, as a value. It depends on the old configuration and
 * on the names and addresses of the new virtual MTAs, so it can be drawn up again for any two configurations.
 */
import { contentsOf } from './contents.js';
import type { Lead } from './leads.js';
import type { OldPool, OldTopology, OldVirtualMta } from './old-topology.js';
import { isGeneratedName } from './plan.js';
import { SENDER_LIST } from './sender-list.js';

/** What the new virtual MTAs are called, in their order, and the addresses that they send from. */
export interface Wanted {
  readonly names: readonly string[];
  readonly addresses: ReadonlySet<string>;
  /** Old ones of which it is said already what becomes of them. */
  readonly retiring: ReadonlySet<string>;
}

export interface Assignment {
  readonly topology: OldTopology;
  /** The new virtual MTA that takes the blocks of an old one, by the name of the old one. */
  readonly takes: ReadonlyMap<string, string>;
  /** Old ones for which there is no new one. */
  readonly beyond: readonly string[];
  /** Old ones that stay under their names: what discards, what only patterns lead to, what was added on a sending address. */
  readonly keeps: ReadonlySet<string>;
  /** Pools that take all new virtual MTAs: only defaults and senders lead to them. All others keep their own members. */
  readonly open: ReadonlySet<string>;
  /** New ones that no old one gives its blocks to; they take what those of `sharing` have in common. */
  readonly further: readonly string[];
  readonly sharing: readonly string[];
}

export function assign(topology: OldTopology, wanted: Wanted): Assignment {
  const leads = grouped(topology.leads);
  const members = new Set([...topology.pools.values()].flatMap((pool) => pool.members));
  const all = [...topology.virtualMtas.values()];
  const places = new Map(all.map((old) => [old.name, placeOf(old, leads.get(old.name) ?? [], members, wanted)]));
  const giving = inOrder(topology, members).filter((name) => places.get(name) === 'gives');
  const takes = given(giving, wanted.names);
  const open = openPools(topology, leads, giving);
  const taken = new Set(takes.values());
  return {
    topology,
    takes,
    beyond: giving.filter((name) => !takes.has(name)),
    keeps: new Set(all.flatMap(({ name }) => (places.get(name) === 'keeps' ? name : []))),
    open,
    further: wanted.names.filter((name) => !taken.has(name)),
    sharing: sharing(topology, leads, giving, open),
  };
}

/** What an old name is called now: itself where it stays, the one that took its blocks, nothing where there is none. */
export function nameNow({ topology, takes, keeps }: Assignment, name: string): string | undefined {
  return topology.pools.has(name) || keeps.has(name) ? name : takes.get(name);
}

/** The new virtual MTAs through which the mail of an old one leaves: its own, or those of its pools, or all of them. */
export function successorsOf(assignment: Assignment, name: string, names: readonly string[]): readonly string[] {
  const now = nameNow(assignment, name);
  if (now !== undefined) return [now];
  const { topology, open } = assignment;
  const pools = [...topology.pools.values()].filter((pool) => pool.members.includes(name));
  if (pools.length === 0 || pools.some((pool) => open.has(pool.name))) return names;
  return [...new Set(pools.flatMap((pool) => pool.members.flatMap((member) => nameNow(assignment, member) ?? [])))];
}

/** `gone`: it has nothing to give, nobody needs it, and its address is not used any more. */
function placeOf(
  old: OldVirtualMta,
  leads: readonly Lead[],
  members: ReadonlySet<string>,
  { addresses, retiring }: Wanted,
): 'gives' | 'keeps' | 'gone' {
  const isUsed = members.has(old.name) || leads.length > 0 || contentsOf(old.blocks).length > 0;
  if (isGeneratedName(old.name)) return isUsed ? 'gives' : 'gone';
  if (old.discards) return 'keeps';
  if (members.has(old.name) || leads.some(isOpenLead)) return 'gives';
  if (retiring.has(old.name)) return 'gone';
  if (leads.length > 0 || old.ip === undefined || addresses.has(old.ip)) return 'keeps';
  return isUsed ? 'gives' : 'gone';
}

/** An entry that was added to the sender list by hand leads to what stays; any other sender is mapped to a new virtual MTA. */
const isOpenLead = ({ kind, list }: Lead): boolean => kind === 'default' || (kind === 'sender' && list !== SENDER_LIST);

/** Members of pools in the order of the pools, then the others in the order of the file. */
function inOrder({ virtualMtas }: OldTopology, members: ReadonlySet<string>): string[] {
  return [...new Set([...members, ...virtualMtas.keys()])].filter((name) => virtualMtas.has(name));
}

/** A generated name keeps its number; the others take the free ones in their order. */
function given(giving: readonly string[], names: readonly string[]): Map<string, string> {
  const own = new Set(giving.filter((name) => isGeneratedName(name)));
  const free = names.filter((name) => !own.has(name));
  const takes = new Map<string, string>();
  const known = new Set(names);
  for (const name of giving) {
    const next = own.has(name) ? name : free.shift();
    if (next !== undefined && known.has(next)) takes.set(name, next);
  }
  return takes;
}

function openPools(
  { pools }: OldTopology,
  leads: ReadonlyMap<string, readonly Lead[]>,
  giving: readonly string[],
): ReadonlySet<string> {
  const isOpen = ({ name, members, discards }: OldPool): boolean => {
    if (discards) return false;
    const ways = leads.get(name) ?? [];
    // What nothing leads to is chosen by a header of the message: only a pool of all is one of all afterwards.
    if (ways.length === 0) return giving.length <= members.length && isAll(members);
    return ways.every(({ kind }) => kind === 'default' || kind === 'sender');
  };
  const isAll = (members: readonly string[]): boolean => {
    const known = new Set(members);
    return giving.every((one) => known.has(one));
  };
  return new Set([...pools.values()].flatMap((pool) => (isOpen(pool) ? pool.name : [])));
}

function sharing(
  { pools }: OldTopology,
  leads: ReadonlyMap<string, readonly Lead[]>,
  giving: readonly string[],
  open: ReadonlySet<string>,
): readonly string[] {
  const members = new Set([...pools.values()].flatMap((pool) => (open.has(pool.name) ? pool.members : [])));
  const found = giving.filter((name) => members.has(name) || (leads.get(name) ?? []).some(isOpenLead));
  return found.length > 0 ? found : giving;
}

function grouped(leads: readonly Lead[]): Map<string, Lead[]> {
  const groups = new Map<string, Lead[]>();
  for (const lead of leads) {
    const group = groups.get(lead.target);
    if (group) group.push(lead);
    else groups.set(lead.target, [lead]);
  }
  return groups;
}
