import type { Block, Node } from '../document.js';
import { nameNow, type Assignment } from './assignment.js';
import { carriedNodes, commonOf, fromAddress, isIdentity, type Common } from './contents.js';
import { isDirective, unnumbered, withChildren, withValue, written } from './edit.js';
import type { OldVirtualMta } from './old-topology.js';
import { keyFile, virtualMtaName, type AdaptationPlan, type PlannedIdentity } from './plan.js';

/** What a new virtual MTA holds, and whose it was. */
export interface NewVirtualMta {
  readonly identity: PlannedIdentity;
  readonly block: Block;
  /** The old one whose blocks it takes, alone or (`shared`) because all of its pool have the same. */
  readonly from: readonly string[];
}

/** The new virtual MTAs: an identity each, and what the assignment gives them, byte for byte. */
export function newVirtualMtas(assignment: Assignment, plan: AdaptationPlan): NewVirtualMta[] {
  const { takes, topology } = assignment;
  const givers = new Map([...takes].map(([old, name]) => [name, topology.virtualMtas.get(old)]));
  const further = furtherContents(assignment, plan.like);
  return plan.identities.map((identity) => {
    const old = givers.get(virtualMtaName(identity));
    const carried = old ? carriedNodes(old.blocks) : unnumbered(further.nodes);
    const from = old ? [old.name] : further.from;
    return { identity, from, block: virtualMta(plan, identity, carried) };
  });
}

/** What a virtual MTA takes to which no old one gives anything, and of whom. */
export function furtherContents(
  { topology, sharing }: Assignment,
  like?: string,
): Common & { from: readonly string[] } {
  const model = like === undefined ? undefined : topology.virtualMtas.get(like);
  if (model) return { nodes: carriedNodes(model.blocks), differing: [], from: [model.name] };
  const all = sharing.flatMap((name) => topology.virtualMtas.get(name) ?? []);
  return { ...commonOf(all), from: sharing };
}

function virtualMta(plan: AdaptationPlan, identity: PlannedIdentity, carried: readonly Node[]): Block {
  const [block] = written([
    `<virtual-mta ${virtualMtaName(identity)}>`,
    `    smtp-source-host ${identity.ip} ${identity.domain}`,
    `    domain-key ${identity.selector},${identity.domain},${keyFile(plan, identity)}`,
    '</virtual-mta>',
  ]) as [Block];
  return withChildren(block, [...block.children, ...fromAddress(carried, identity.ip)]);
}

/** Old virtual MTAs that stay, by name: with an address of the plan where they had one of the old host, and without old keys. */
export function keptVirtualMtas(assignment: Assignment, plan: AdaptationPlan): ReadonlyMap<string, readonly Block[]> {
  const addresses = new Set(plan.identities.map(({ ip }) => ip));
  const kept = [...assignment.topology.virtualMtas.values()].filter(({ name }) => nameNow(assignment, name) === name);
  let turn = 0;
  return new Map(
    kept
      .filter(({ name }) => assignment.keeps.has(name))
      .map((old) => {
        if (old.ip !== undefined && addresses.has(old.ip)) return [old.name, old.blocks];
        const moves = !old.discards && old.ip !== undefined;
        const identity = moves ? plan.identities[turn++ % plan.identities.length] : undefined;
        return [old.name, moved(old, identity)];
      }),
  );
}

/** The blocks of a virtual MTA at another address; without one, as those of one that sends nothing. */
function moved({ blocks }: OldVirtualMta, identity: PlannedIdentity | undefined): readonly Block[] {
  let placed = false;
  return blocks.map((block) => {
    const children = block.children.flatMap((node): Node[] => {
      if (!isIdentity(node)) return [node];
      if (identity === undefined || placed || !isDirective(node, 'smtp-source-host')) return [];
      placed = true;
      return [withValue(node, `${identity.ip} ${identity.domain}`)];
    });
    const here = identity ? fromAddress(children, identity.ip) : children;
    return here.length === block.children.length && here.every((node, at) => node === block.children[at])
      ? block
      : withChildren(block, here);
  });
}

/** The names of the new virtual MTAs of a plan. */
export const newNames = ({ identities }: AdaptationPlan): string[] => identities.map(virtualMtaName);
