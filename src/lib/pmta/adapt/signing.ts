import type { Block, Node } from '../document.js';
import { effectiveIn } from '../effective.js';
import { survey } from '../survey.js';
import { ANY_DOMAIN } from './any-domain.js';
import { directiveIn, inserted, isBlock, isDirective, nameOf, sameText, written } from './edit.js';
import { isGroup, isSenderMap, partsOf, REFERENCES, targetsOf } from './leads.js';
import { keyFile, type AdaptationPlan } from './plan.js';
import { isProbeDomain } from './probe.js';
import { discards, type OldVirtualMta } from './old-topology.js';
import type { ReportBook } from './report.js';
import type { Topology } from './topology.js';

const SIGN = ['<domain *>', '    dkim-sign yes', '</domain>'];

/** Turns signing on where nothing says whether mail is signed: a key alone does not sign. */
export function placeSigning(nodes: readonly Node[], { virtualMtas }: Topology, book: ReportBook): readonly Node[] {
  const surveyed = survey({ nodes, problems: [] });
  const silent = virtualMtas.filter(({ block }) => {
    const { settings } = effectiveIn(surveyed, ANY_DOMAIN, nameOf(block));
    return !settings.some(({ name }) => name === 'dkim-sign');
  });
  if (silent.length === 0) return nodes;
  book.note('added', 'dkim-sign yes in <domain *>', 'the virtual MTAs have keys, and nothing turned signing on');
  const probe = nodes.findIndex(isProbeDomain);
  return inserted(nodes, probe === -1 ? nodes.length : probe, written(SIGN));
}

/**
 * The keys of all identities for all virtual MTAs, where mail of a sender can leave through another one than his own: that one has no
 * key for his domain, and what no key fits leaves unsigned. Keys of a virtual MTA come before these.
 */
export function placeSharedKeys(
  nodes: readonly Node[],
  before: readonly Node[],
  plan: AdaptationPlan,
  topology: Topology,
  book: ReportBook,
): readonly Node[] {
  const lines = sharedKeys(plan);
  const wanted = written(lines);
  const isKey = (node: Node): boolean => isDirective(node, 'domain-key');
  const there = nodes.filter(isKey);
  const rest = nodes.filter((node) => !isKey(node));
  if (!leavesElsewhere(rest, topology, before.some(isKey))) return rest;
  if (!sameText(there, wanted))
    book.note(
      'added',
      'domain-key',
      'patterns lead past the virtual MTA of the sender, which has the key for his domain',
    );
  const first = rest.findIndex((node) => isBlock(node, 'virtual-mta'));
  return inserted(rest, first === -1 ? rest.length : first, wanted);
}

const sharedKeys = (plan: AdaptationPlan): string[] =>
  plan.identities.map((identity) => `domain-key ${identity.selector},${identity.domain},${keyFile(plan, identity)}`);

/** Whether a key of the top level is one of those. */
export const isSharedKey = (node: Node, plan: AdaptationPlan): boolean =>
  isDirective(node, 'domain-key') && sharedKeys(plan).includes(node.line.text);

/** Whether anything but the map from senders leads to a virtual MTA that sends. */
function leavesElsewhere(nodes: readonly Node[], { assignment, virtualMtas }: Topology, hadKeys: boolean): boolean {
  const { topology, keeps } = assignment;
  const addresses = new Set(virtualMtas.map(({ identity }) => identity.ip));
  const stops = (name: string): boolean => discards(topology, name);
  // One that moved has lost its key; one that stays may never have had another one than those of all.
  const needsKeys = ({ ip, blocks }: OldVirtualMta): boolean =>
    ip === undefined || !addresses.has(ip) || (hadKeys && !blocks.some((block) => directiveIn(block, 'domain-key')));
  const sending = [...keeps].flatMap((name) => (stops(name) ? [] : (topology.virtualMtas.get(name) ?? [])));
  if (sending.some(needsKeys)) return true;
  const lists = nodes.filter((node): node is Block => isBlock(node, 'pattern-list'));
  const groups = lists.flatMap((list) => partsOf(list).filter(isGroup));
  if (groups.some((group) => !isSenderMap(group, stops) && targetsOf(group).some((name) => !stops(name)))) return true;
  return survey({ nodes, problems: [] }).statements.some(({ keyword }) => REFERENCES.has(keyword));
}
