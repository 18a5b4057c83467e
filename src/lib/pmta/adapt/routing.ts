import { folded, type Block, type Node } from '../document.js';
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
import { isGroup, partsOf, targetOf } from './leads.js';
import { isGeneratedName, virtualMtaName, type AdaptationPlan } from './plan.js';
import { defaultTarget } from './default-target.js';
import { settingsForUsers } from './logged-in.js';
import { isReplaced, placedGroup, renamedGroup } from './references.js';
import type { ReportBook } from './report.js';
import { SENDER_LIST } from './sender-list.js';
import type { Topology } from './topology.js';

export { SENDER_LIST };

/** The source for logged-in users, made if there is none, and naming the sender list and a default that exists. */
export function routeSenders(
  nodes: readonly Node[],
  name: string,
  topology: Topology,
  book: ReportBook,
): readonly Node[] {
  const found = nodes.some((node) => isBlock(node, 'source') && nameOf(node) === name);
  if (!found) book.note('added', `<source ${name}>`, 'logged-in users had no settings');
  const sources = found ? nodes : [...nodes, ...written(authSource(name, defaultOf(topology)))];
  const own = sources.filter((node): node is Block => isBlock(node, 'source') && nameOf(node) === name);
  const holder = (keyword: string): Block | undefined => own.find((source) => directiveIn(source, keyword)) ?? own[0];
  const [list, standard] = [holder('pattern-list'), holder('default-virtual-mta')];
  return sources.map((node) => {
    if (node.kind !== 'block' || !own.includes(node)) return node;
    const complete = node === standard ? withDefault(node, topology, book) : node;
    return node === list || listOf(node) !== undefined ? withSenderList(complete, book) : complete;
  });
}

const authSource = (name: string, target: string): string[] => [
  `<source ${name}>`,
  '    smtp-service yes',
  '    always-allow-relaying yes',
  '    require-auth true',
  '    process-x-virtual-mta yes',
  `    default-virtual-mta ${target}`,
  '    hide-message-source true',
  '</source>',
];

/** The pattern list that logged-in users had, where it is not the sender list. */
export function formerList(nodes: readonly Node[], auth: string): string | undefined {
  const [list] = settingsForUsers(nodes, auth, 'pattern-list').map(valueOf);
  return list === SENDER_LIST ? undefined : list;
}

/** The pattern list that a source names. */
function listOf(source: Block): string | undefined {
  const directive = directiveIn(source, 'pattern-list');
  return directive && valueOf(directive);
}

/** Where mail of an unknown sender goes: where it went for logged-in users, or to the pool. */
function defaultOf(topology: Topology): string {
  const { preferred } = topology.assignment.topology;
  return preferred === undefined ? topology.pool : defaultTarget(preferred, topology);
}

function withDefault(source: Block, topology: Topology, book: ReportBook): Block {
  if (directiveIn(source, 'default-virtual-mta')) return source;
  const target = defaultOf(topology);
  const subject = `default-virtual-mta ${target} in <source ${nameOf(source)}>`;
  book.note('added', subject, 'mail of an unknown sender needs somewhere to go');
  return withChildren(source, [...source.children, ...written([`${indentOf(source)}default-virtual-mta ${target}`])]);
}

function withSenderList(source: Block, book: ReportBook): Block {
  const indent = indentOf(source);
  const { children } = source;
  const list = directiveIn(source, 'pattern-list');
  if (list && valueOf(list) === SENDER_LIST) return source;
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

/** The sender list, right before the first source that names it: PowerMTA asks for that order. What is kept comes first. */
export function placeSenderList(
  nodes: readonly Node[],
  plan: AdaptationPlan,
  topology: Topology,
  former: string | undefined,
  book: ReportBook,
): readonly Node[] {
  const isList = (node: Node): node is Block => isBlock(node, 'pattern-list') && nameOf(node) === SENDER_LIST;
  const old = nodes.filter(isList);
  const wanted = senderEntries(plan);
  const byHand = old.flatMap((list) =>
    partsOf(list).flatMap((part) => {
      if (isGroup(part)) return isGeneratedEntry(part.nodes[0], wanted) ? [] : placedGroup(part, topology, book);
      return [part];
    }),
  );
  const kept = [...byHand, ...movedEntries(nodes, former, topology, book)];
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

/** What the former list of logged-in users holds beside its map from senders: it comes before the new map, in its order. */
function movedEntries(
  nodes: readonly Node[],
  former: string | undefined,
  topology: Topology,
  book: ReportBook,
): readonly Node[] {
  const lists = nodes.filter((node): node is Block => isBlock(node, 'pattern-list') && nameOf(node) === former);
  const stays = former !== undefined && isListNeeded(nodes, former);
  return lists.flatMap((list) =>
    partsOf(list).flatMap((part): readonly Node[] => {
      if (!isGroup(part)) return [part];
      const [head] = part.entries;
      const note = (action: 'added' | 'changed' | 'dropped', reason: string): void => {
        if (head) book.note(action, head.value.text, reason, head.line.number);
      };
      if (isReplaced(part, topology)) {
        if (!stays) note('dropped', `senders are mapped by ${SENDER_LIST} now`);
        return [];
      }
      const renamed = renamedGroup(part, topology);
      if (renamed && stays) note('added', `is in ${SENDER_LIST} as well, before the senders`);
      else if (renamed) note('changed', `is in ${SENDER_LIST} now, before the senders`);
      else note('dropped', 'its virtual MTA is gone');
      return renamed?.nodes ?? [];
    }),
  );
}

/** Takes out the former list of logged-in users once its entries are elsewhere, unless another source or list needs it. */
export function dropFormerList(nodes: readonly Node[], former: string | undefined, book: ReportBook): readonly Node[] {
  if (former === undefined || isListNeeded(nodes, former)) return nodes;
  return nodes.filter((node) => {
    if (!isBlock(node, 'pattern-list') || nameOf(node) !== former) return true;
    book.note('changed', `<pattern-list ${former}>`, `its source names ${SENDER_LIST} now`, node.open.number);
    return false;
  });
}

function isListNeeded(nodes: readonly Node[], list: string): boolean {
  return nodes.some((node) => {
    if (node.kind !== 'block') return false;
    if (folded(node.tag) === 'source') return listOf(node) === list;
    const calls = (text: string): string[] =>
      [...text.matchAll(/\bcall-to:"?([^\s",]+)/gi)].map(([, name = '']) => name);
    return (
      folded(node.tag) === 'pattern-list' &&
      node.children.some((child) => child.kind === 'entry' && calls(child.value.text).includes(list))
    );
  });
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
function isGeneratedEntry(node: Node | undefined, wanted: readonly string[]): boolean {
  if (node?.kind !== 'entry') return false;
  return (
    wanted.includes(node.value.text) ||
    (/^mail-from \/@/.test(node.value.text) && isGeneratedName(targetOf(node)?.text ?? ''))
  );
}
