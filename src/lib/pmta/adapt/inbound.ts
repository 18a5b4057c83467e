import { folded, type Node } from '../document.js';
import { inserted, isBlock, isDirective, nameOf, sameText, valueOf, written } from './edit.js';
import type { AdaptationPlan } from './plan.js';
import { extendProcessors, isOurProcessor, processorsBeside } from './processors.js';
import { isReportAddress, reportAddress } from './report-addresses.js';
import type { ReportBook } from './report.js';

/** Where reports come in: the MX of each sending host leads to its own IP. */
export const INBOUND_PORT = 25;
/** The source that the listeners on that port name. */
export const INBOUND_SOURCE = '{ee-inbound}';

/**
 * What brings reports back. Bounces (RFC 3464) are read at the sender, at `b+…` and at `bounces`; complaints (RFC 5965) at `fbl` and
 * `feedback`, and at `abuse` and `postmaster`, which RFC 2142 asks for. Reports become records of the accounting. VPS2 has no
 * mailboxes: other mail to these addresses goes on to the operator's postmaster. A processor that the configuration brings reads
 * these addresses too, in the place of a second one. All that is added stands after the feeders.
 */
export function placeInbound(nodes: readonly Node[], plan: AdaptationPlan, book: ReportBook): readonly Node[] {
  const processors = processorsBeside(nodes, plan);
  const groups = [
    {
      subject: 'relay-address',
      reason: 'names who may be written to at the sending hosts',
      lines: plan.identities.map((identity) => `relay-address ${reportAddress(identity)}`),
    },
    { subject: `<source ${INBOUND_SOURCE}>`, reason: 'takes reports on port 25, and relays nothing', lines: SOURCE },
    ...processors.map(({ tag, reads, lines }) => ({
      subject: `<${tag}>`,
      reason: `turns ${reads} into records`,
      lines,
    })),
  ];
  const old = nodes.filter(isOurs);
  for (const { subject, reason, lines } of groups) {
    const before = old.filter((node) => subjectOf(node) === subject);
    if (before.length === 0) book.note('added', subject, reason);
    else if (!sameText(before, written(lines))) book.note('changed', subject, 'is written anew', lineOf(before[0]));
  }
  for (const node of old)
    if (!groups.some(({ subject }) => subject === subjectOf(node)))
      book.note('dropped', subjectOf(node), 'the one that the configuration brings reads its addresses', lineOf(node));
  noteRelayed(nodes, book);
  const rest = extendProcessors(
    nodes.filter((node) => !isOurs(node)),
    plan,
    book,
  );
  const place = rest.findLastIndex((node) => isBlock(node, 'source') && plan.feeders.includes(nameOf(node))) + 1;
  return inserted(rest, place, written(groups.flatMap(({ lines }) => lines)));
}

/** Mail that the configuration takes besides: it comes to the port of the sending IPs now, and only if DNS leads there. */
function noteRelayed(nodes: readonly Node[], book: ReportBook): void {
  for (const node of nodes) {
    if (!isDirective(node, 'relay-domain') && !(isDirective(node, 'relay-address') && !isOurs(node))) continue;
    const reason = `is taken on port ${INBOUND_PORT} of the sending IPs as well: its MX must point to one of them`;
    book.note('left', `${node.keyword.text} ${node.value.text}`, reason, node.line.number);
  }
}

/** Nothing is relayed that no relay-address names; a forged sender is never told that his mail could not be passed on. */
const SOURCE = [
  `<source ${INBOUND_SOURCE}>`,
  '    smtp-service yes',
  '    always-allow-relaying no',
  '    allow-starttls yes',
  '    process-x-virtual-mta no',
  '    default-virtual-mta by-smtp-source-ip',
  '    max-message-size 10M',
  '    suppress-local-dsn yes',
  '</source>',
];

/** What an earlier adaptation wrote, for whichever hosts. */
function isOurs(node: Node): boolean {
  if (isDirective(node, 'relay-address')) return isReportAddress(valueOf(node));
  return isOurProcessor(node) || (isBlock(node, 'source') && nameOf(node) === INBOUND_SOURCE);
}

function subjectOf(node: Node): string {
  if (node.kind !== 'block') return 'relay-address';
  return `<${`${folded(node.tag)} ${nameOf(node)}`.trim()}>`;
}

const lineOf = (node: Node | undefined): number | undefined =>
  node?.kind === 'block' ? node.open.number : node?.kind === 'directive' ? node.line.number : undefined;
