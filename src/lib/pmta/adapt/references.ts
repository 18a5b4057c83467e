import { folded, type Directive, type Node } from '../document.js';
import { wordsOf } from '../lines.js';
import { nameNow } from './assignment.js';
import { defaultTarget } from './default-target.js';
import { directiveIn, isBlock, nameOf, valueOf, withChildren, withValue, withWord } from './edit.js';
import { isGroup, isSenderMap, partsOf, REFERENCES, targetOf, targetsOf, type EntryGroup } from './leads.js';
import { discards } from './old-topology.js';
import type { ReportBook } from './report.js';
import { SENDER_LIST } from './sender-list.js';
import type { Topology } from './topology.js';

/** Sends mail that would go by default to a virtual MTA that is gone, or never was, to what stands for it. */
export function repairDefaults(nodes: readonly Node[], topology: Topology, book: ReportBook): readonly Node[] {
  const targets = new Map<string, string>();
  const targetOf = (name: string): string => {
    const target = targets.get(name) ?? defaultTarget(name, topology);
    targets.set(name, target);
    return target;
  };
  return nodes.map((node) => {
    if (!isBlock(node, 'source')) return node;
    const directive = directiveIn(node, 'default-virtual-mta');
    const target = directive && targetOf(valueOf(directive));
    if (!directive || target === undefined || target === valueOf(directive)) return node;
    const what =
      topology.assignment.topology.pools.has(target) || target === topology.pool ? `the pool ${target}` : target;
    book.note(
      'changed',
      `default-virtual-mta ${directive.value.text}`,
      `is not defined; ${what} takes its place`,
      directive.line.number,
    );
    return withChildren(
      node,
      node.children.map((child) => (child === directive ? withValue(directive, target) : child)),
    );
  });
}

/** Gives every other directive that names an old virtual MTA the name of the one that took its blocks. */
export function renameReferences(nodes: readonly Node[], { assignment }: Topology, book: ReportBook): readonly Node[] {
  const renamed = (directive: Directive): Directive => {
    if (!REFERENCES.has(directive.keyword.text.toLowerCase()) || wordsOf(directive.value).length !== 1)
      return directive;
    const now = nameNow(assignment, valueOf(directive));
    if (now === undefined || now === valueOf(directive)) return directive;
    book.note('changed', `${directive.keyword.text} ${directive.value.text}`, `is now ${now}`, directive.line.number);
    return withValue(directive, now);
  };
  const visit = (node: Node): Node => {
    if (node.kind === 'directive') return renamed(node);
    if (node.kind !== 'block' || folded(node.tag) === 'pattern-list') return node;
    const children = node.children.map(visit);
    return children.every((child, at) => child === node.children[at]) ? node : withChildren(node, children);
  };
  return nodes.map(visit);
}

/** A group of entries under the names that virtual MTAs have now; nothing where one of them has none. */
export function renamedGroup(group: EntryGroup, { assignment, defined }: Topology): EntryGroup | undefined {
  const nowOf = (name: string): string | undefined => {
    const now = nameNow(assignment, name) ?? (assignment.topology.virtualMtas.has(name) ? undefined : name);
    return now !== undefined && defined.has(now) ? now : undefined;
  };
  if (targetsOf(group).some((target) => nowOf(target) === undefined)) return undefined;
  const renamed = (node: Node): Node => {
    const word = node.kind === 'entry' ? targetOf(node) : undefined;
    return node.kind === 'entry' && word ? withWord(node, word, nowOf(word.text) ?? word.text) : node;
  };
  const nodes = group.nodes.map(renamed);
  return { nodes, entries: nodes.filter((node) => node.kind === 'entry') };
}

/** Whether a group of a list is part of the map from senders, which adaptation replaces. */
export const isReplaced = (group: EntryGroup, { assignment }: Topology): boolean =>
  isSenderMap(group, (name) => discards(assignment.topology, name));

/** Entries of the lists of other sources, under the names of now. An entry whose virtual MTA is gone goes too. */
export function repairPatternLists(nodes: readonly Node[], topology: Topology, book: ReportBook): readonly Node[] {
  return nodes.map((node) => {
    if (!isBlock(node, 'pattern-list') || nameOf(node) === SENDER_LIST) return node;
    const children = partsOf(node).flatMap((part) => (isGroup(part) ? placedGroup(part, topology, book) : [part]));
    const same = children.length === node.children.length && children.every((child, at) => child === node.children[at]);
    return same ? node : withChildren(node, children);
  });
}

/** The nodes of a group under the names of now, with a note where that changes it. */
export function placedGroup(group: EntryGroup, topology: Topology, book: ReportBook): readonly Node[] {
  const renamed = renamedGroup(group, topology);
  for (const [at, entry] of group.entries.entries()) {
    const now = renamed?.entries[at];
    const { text } = entry.value;
    if (now === entry || entry.depth > 0) continue;
    if (now)
      book.note('changed', text, `its virtual MTA is now ${targetOf(now)?.text ?? 'another'}`, entry.line.number);
    else book.note('dropped', text, 'its virtual MTA is gone', entry.line.number);
  }
  return renamed?.nodes ?? [];
}
