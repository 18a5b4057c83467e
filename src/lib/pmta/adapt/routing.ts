import type { Block, Node } from '../document.js';
import { regexEntry, virtualMtaOf } from '../entry.js';
import { addressEntry, hostEntry, hostOf } from '../sender-patterns.js';
import {
  directiveIn,
  indentOf,
  inserted,
  isBlock,
  isDirective,
  nameOf,
  sameText,
  valueOf,
  withChildren,
  withValue,
  written,
} from './edit.js';
import { isGeneratedName, virtualMtaName, type AdaptationPlan } from './plan.js';
import type { ReportBook } from './report.js';
import type { Topology } from './topology.js';

/** The pattern list that gives each sender its virtual MTA. */
export const SENDER_LIST = 'sender-to-vmta';

/** The source whose settings hold after a login: the one that the user names, or the customary one. */
export function authSourceName(nodes: readonly Node[]): string {
  const users = nodes.filter((node): node is Block => isBlock(node, 'smtp-user'));
  const named = users.map((user) => directiveIn(user, 'source')).find((source) => source !== undefined);
  return named ? valueOf(named) : '{pmta-auth}';
}

/** The source for logged-in users, made if there is none, and naming the sender list and a default that exists. */
export function routeSenders(
  nodes: readonly Node[],
  name: string,
  topology: Topology,
  book: ReportBook,
): readonly Node[] {
  const found = nodes.some((node) => isBlock(node, 'source') && nameOf(node) === name);
  if (!found) book.note('added', `<source ${name}>`, 'logged-in users had no settings');
  const sources = found ? nodes : [...nodes, ...written(authSource(name, topology.pool))];
  return sources.map((node) =>
    isBlock(node, 'source') && nameOf(node) === name ? withSenderList(node, topology, book) : node,
  );
}

const authSource = (name: string, pool: string): string[] => [
  `<source ${name}>`,
  '    smtp-service yes',
  '    always-allow-relaying yes',
  '    require-auth true',
  '    process-x-virtual-mta yes',
  `    default-virtual-mta ${pool}`,
  '    hide-message-source true',
  '</source>',
];

/** The pattern list that a source names. */
function listOf(source: Block): string | undefined {
  const directive = directiveIn(source, 'pattern-list');
  return directive && valueOf(directive);
}

function withSenderList(source: Block, { pool }: Topology, book: ReportBook): Block {
  const indent = indentOf(source);
  let { children } = source;
  if (!directiveIn(source, 'default-virtual-mta')) {
    book.note(
      'added',
      `default-virtual-mta ${pool} in <source ${nameOf(source)}>`,
      'mail of an unknown sender needs somewhere to go',
    );
    children = [...children, ...written([`${indent}default-virtual-mta ${pool}`])];
  }
  const list = directiveIn(source, 'pattern-list');
  if (list && valueOf(list) === SENDER_LIST) return withChildren(source, children);
  if (list) {
    book.note(
      'changed',
      `pattern-list ${list.value.text}`,
      `a source has one pattern list, and it is now ${SENDER_LIST}`,
      list.line.number,
    );
    return withChildren(
      source,
      children.map((child) => (child === list ? withValue(list, SENDER_LIST) : child)),
    );
  }
  book.note(
    'added',
    `pattern-list ${SENDER_LIST} in <source ${nameOf(source)}>`,
    'each sender goes through its own virtual MTA',
  );
  const place = children.findIndex((node) => isDirective(node, 'default-virtual-mta')) + 1;
  return withChildren(source, inserted(children, place, written([`${indent}pattern-list ${SENDER_LIST}`])));
}

/** The sender list, right before the first source that names it: PowerMTA asks for that order. Entries added by hand come first. */
export function placeSenderList(
  nodes: readonly Node[],
  plan: AdaptationPlan,
  { defined }: Topology,
  book: ReportBook,
): readonly Node[] {
  const isList = (node: Node): node is Block => isBlock(node, 'pattern-list') && nameOf(node) === SENDER_LIST;
  const old = nodes.filter(isList);
  const wanted = senderEntries(plan);
  const added = old.flatMap((list) => list.children.filter((node) => !isGeneratedEntry(node, wanted)));
  const kept = added.filter((node) => !dangles(node, defined));
  for (const node of added) {
    if (node.kind === 'entry' && !kept.includes(node))
      book.note('dropped', node.value.text, 'its virtual MTA is gone', node.line.number);
  }
  const list = written([
    `<pattern-list ${SENDER_LIST}>`,
    ...wanted.map((entry) => `    ${entry}`),
    '</pattern-list>',
  ]).map((node) => (node.kind === 'block' ? withChildren(node, [...kept, ...node.children]) : node));
  if (!old[0])
    book.note(
      'added',
      `<pattern-list ${SENDER_LIST}>`,
      `gives each of ${plan.identities.length} senders its virtual MTA`,
    );
  else if (!sameText(old, list)) {
    book.note(
      'changed',
      `<pattern-list ${SENDER_LIST}>`,
      'is written anew from the settings; entries added by hand stay',
      old[0].open.number,
    );
  }
  const rest = nodes.filter((node) => !isList(node));
  const place = rest.findIndex((node) => isBlock(node, 'source') && listOf(node) === SENDER_LIST);
  return inserted(rest, place === -1 ? rest.length : place, list);
}

/** Exact addresses first, for senders that are not at the host of their identity; then one entry for each host. */
function senderEntries({ identities }: AdaptationPlan): string[] {
  const apart = identities.filter(({ sender, domain }) => hostOf(sender).toLowerCase() !== domain.toLowerCase());
  return [
    ...apart.map((identity) => addressEntry(identity.sender, virtualMtaName(identity))),
    ...identities.map((identity) => hostEntry(identity.domain, virtualMtaName(identity))),
  ];
}

/** An entry that this plan or an earlier one wrote: a host's, or one of the plan's. */
function isGeneratedEntry(node: Node, wanted: readonly string[]): boolean {
  if (node.kind !== 'entry') return false;
  return (
    wanted.includes(node.value.text) ||
    (/^mail-from \/@/.test(node.value.text) && isGeneratedName(targetOf(node) ?? ''))
  );
}

function targetOf(node: Node): string | undefined {
  const result = node.kind === 'entry' ? regexEntry(node)?.result : undefined;
  return result && virtualMtaOf(result)?.text;
}

/** Whether an entry sends to a virtual MTA that is not defined. */
function dangles(node: Node, defined: ReadonlySet<string>): boolean {
  const target = targetOf(node);
  return target !== undefined && !defined.has(target);
}

/** Takes out of other pattern lists the entries whose virtual MTA is gone. */
export function repairPatternLists(nodes: readonly Node[], { defined }: Topology, book: ReportBook): readonly Node[] {
  return nodes.map((node) => {
    if (!isBlock(node, 'pattern-list') || nameOf(node) === SENDER_LIST) return node;
    const children = node.children.filter((child) => {
      const dangling = child.kind === 'entry' && child.depth === 0 && dangles(child, defined);
      if (dangling) book.note('dropped', child.value.text, 'its virtual MTA is gone', child.line.number);
      return !dangling;
    });
    return children.length === node.children.length ? node : withChildren(node, children);
  });
}
