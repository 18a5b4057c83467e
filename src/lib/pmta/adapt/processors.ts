import { folded, isYes, type Block, type Directive, type Node } from '../document.js';
import { fitOf } from '../domain-pattern.js';
import { hostOf } from '../sender-patterns.js';
import { macroTable, type MacroTable } from '../macros.js';
import { matching } from '../regex-match.js';
import { survey } from '../survey.js';
import { directiveIn, isBlock, isDirective, sameText, valueOf, withChildren, written } from './edit.js';
import type { AdaptationPlan, PlannedIdentity } from './plan.js';
import { isReportAddress, KINDS, type Kind } from './report-addresses.js';
import type { ReportBook } from './report.js';

/** A processor of its own for each kind that the configuration has none of, as lines. */
export function processorsBeside(
  nodes: readonly Node[],
  plan: AdaptationPlan,
): (Pick<Kind, 'tag' | 'reads'> & { readonly lines: readonly string[] })[] {
  const lacking = KINDS.filter(({ tag }) => !nodes.some((node) => isOwnProcessor(node, tag)));
  return lacking.map((kind) => ({ tag: kind.tag, reads: kind.reads, lines: processor(kind, plan) }));
}

const processor = ({ tag, pattern }: Kind, { identities, postmaster }: AdaptationPlan): string[] => [
  `<${tag}>`,
  `    forward-unmatched-to ${postmaster}`,
  '    <address-list>',
  ...identities.map((identity) => `        address ${pattern(identity)}`),
  '    </address-list>',
  `</${tag}>`,
];

/** What an earlier adaptation wrote as a processor of its own, for whichever hosts. */
export function isOurProcessor(node: Node): node is Block {
  if (node.kind !== 'block' || !KINDS.some(({ tag }) => tag === folded(node.tag))) return false;
  const found = addressesIn(node);
  return found.length > 0 && found.every((one) => isDirective(one, 'address') && isReportAddress(valueOf(one)));
}

const isOwnProcessor = (node: Node, tag: Kind['tag']): node is Block => isBlock(node, tag) && !isOurProcessor(node);

/** Every statement of the address lists of a processor, but for those that `extendProcessors` added. */
const addressesIn = (block: Block): Directive[] =>
  block.children.flatMap((list) =>
    isBlock(list, 'address-list')
      ? list.children.filter((child): child is Directive => child.kind === 'directive' && !isAdded(child))
      : [],
  );

/** At the end of a line that was added to a processor of the configuration: the next adaptation writes these lines again. */
const ADDED = '# added by ee';
const isAdded = (node: Node): boolean => node.kind === 'directive' && node.comment?.text === ADDED;

/**
 * Processors that the configuration brings stay, and read the addresses of the sending hosts as well: whether PowerMTA heeds a
 * second processor of one kind is documented nowhere. Nothing is added for a host whose addresses they read already.
 */
export function extendProcessors(nodes: readonly Node[], plan: AdaptationPlan, book: ReportBook): readonly Node[] {
  const macros = macroTable(survey({ nodes, problems: [] }).macros);
  const first = new Map<Node | undefined, Kind>(
    KINDS.map((kind) => [nodes.find((node) => isOwnProcessor(node, kind.tag)), kind]),
  );
  return nodes.map((node) => {
    const kind = first.get(node);
    return kind && node.kind === 'block' ? extended(node, kind, plan, macros, book) : node;
  });
}

function extended(block: Block, kind: Kind, plan: AdaptationPlan, macros: MacroTable, book: ReportBook): Block {
  const own = withoutAdded(block);
  const readsAll = reader(own, macros);
  const missing = plan.identities.filter((identity) => !kind.samples(identity).every(readsAll));
  const result = missing.length === 0 ? own : withAddresses(own, kind, missing, plan);
  const subject = `<${kind.tag}>`;
  const { number } = block.open;
  const count = `${missing.length} sending host${missing.length === 1 ? '' : 's'}`;
  if (!sameText([result], [block]))
    book.note('changed', subject, `is kept; it reads ${kind.reads} to ${count} as well`, number);
  else if (missing.length === 0)
    book.note('left', subject, `reads ${kind.reads} to the sending hosts already: none is added`, number);
  noteUnmatched(own, plan, book);
  noteOverlap(own, kind, plan, readsAll, book);
  return result;
}

function withoutAdded(block: Block): Block {
  const children = block.children.flatMap((child) => {
    if (isBlock(child, 'address-list'))
      return withChildren(
        child,
        child.children.filter((one) => !isAdded(one)),
      );
    return isAdded(child) ? [] : child;
  });
  return withChildren(block, children);
}

function withAddresses(own: Block, kind: Kind, missing: readonly PlannedIdentity[], plan: AdaptationPlan): Block {
  const listIn = own.children.find((child): child is Block => isBlock(child, 'address-list'));
  const indent = /^[ \t]*/.exec((listIn ?? own).open.text)?.[0] ?? '';
  const inner = listIn ? indent : `${indent}    `;
  const lines = written(missing.map((identity) => `${inner}    address ${kind.pattern(identity)} ${ADDED}`));
  const list =
    listIn ?? written([`${inner}<address-list>`, `${inner}</address-list>`]).find((one) => one.kind === 'block');
  if (!list) return own;
  const filled = withChildren(list, [...list.children, ...lines]);
  const children = listIn
    ? own.children.map((child) => (child === listIn ? filled : child))
    : [...own.children, filled];
  if (directiveIn(own, 'forward-unmatched-to') || directiveIn(own, 'deliver-unmatched-email'))
    return withChildren(own, children);
  // Its default would pass such mail on to the sending host, which is VPS2 itself and has no mailbox.
  return withChildren(own, [...written([`${inner}forward-unmatched-to ${plan.postmaster} ${ADDED}`]), ...children]);
}

/** Says where mail to the sending hosts goes that is not a report, where that is not the operator's mailbox. */
function noteUnmatched(own: Block, plan: AdaptationPlan, book: ReportBook): void {
  const forward = directiveIn(own, 'forward-unmatched-to');
  const deliver = directiveIn(own, 'deliver-unmatched-email');
  const note = (directive: Directive, reason: string): void => {
    book.note('left', `${directive.keyword.text} ${directive.value.text}`, reason, directive.line.number);
  };
  if (forward && valueOf(forward).toLowerCase() !== plan.postmaster.toLowerCase())
    note(forward, `gets mail to the sending hosts that is not a report, instead of ${plan.postmaster}`);
  if (!deliver || forward) return;
  if (isYes(deliver.value.text))
    note(deliver, 'mail to the sending hosts that is not a report goes on to these hosts, which have no mailboxes');
  else note(deliver, `mail to the sending hosts that is not a report is deleted; ${plan.postmaster} does not get it`);
}

/** Says where a processor reads addresses that belong to the other kind. */
function noteOverlap(
  own: Block,
  kind: Kind,
  { identities }: AdaptationPlan,
  reads: (recipient: string) => boolean,
  book: ReportBook,
): void {
  for (const other of KINDS) {
    const both = other === kind ? [] : identities.filter((identity) => other.samples(identity).some(reads));
    if (both[0] === undefined) continue;
    const reason = `also reads addresses for ${other.reads} at ${both[0].domain}${both.length > 1 ? ` and ${both.length - 1} more` : ''}: which processor gets those is not documented`;
    book.note('left', `<${kind.tag}>`, reason, own.open.number);
  }
}

/** Whether the address lists of a processor name a recipient. */
function reader(own: Block, macros: MacroTable): (recipient: string) => boolean {
  const tests = addressesIn(own).map((one): ((recipient: string) => boolean) => {
    const value = valueOf(one);
    if (isDirective(one, 'domain')) return (recipient) => fitOf(value, hostOf(recipient), macros) !== undefined;
    if (!isDirective(one, 'address')) return () => false;
    const matches = value.startsWith('/') && value.endsWith('/') ? matching(value.slice(1, -1)) : undefined;
    if (matches) return matches;
    return (recipient) => recipient.toLowerCase() === value.toLowerCase();
  });
  return (recipient) => tests.some((test) => test(recipient));
}
