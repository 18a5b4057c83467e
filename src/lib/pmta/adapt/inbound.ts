import { folded, type Block, type Node } from '../document.js';
import { escaped, hostOf } from '../sender-patterns.js';
import { inserted, isBlock, isDirective, nameOf, sameText, valueOf, written } from './edit.js';
import type { AdaptationPlan, PlannedIdentity } from './plan.js';
import type { ReportBook } from './report.js';

/** Where reports come in: the MX of each sending host leads to its own IP. */
export const INBOUND_PORT = 25;
/** The source that the listeners on that port name. */
export const INBOUND_SOURCE = '{ee-inbound}';

/**
 * What brings reports back. Bounces (RFC 3464) are read at the sender, at `b+…` and at `bounces`; complaints (RFC 5965) at `fbl` and
 * `feedback`, and at `abuse` and `postmaster`, which RFC 2142 asks for. Reports become records of the accounting. VPS2 has no
 * mailboxes: other mail to these addresses goes on to the operator's postmaster, and any other recipient is refused. All of it
 * stands after the feeders.
 */
export function placeInbound(nodes: readonly Node[], plan: AdaptationPlan, book: ReportBook): readonly Node[] {
  const groups = [
    {
      subject: 'relay-address',
      reason: 'names who may be written to at the sending hosts',
      lines: relayAddresses(plan),
    },
    { subject: `<source ${INBOUND_SOURCE}>`, reason: 'takes reports on port 25, and relays nothing', lines: SOURCE },
    {
      subject: '<bounce-processor>',
      reason: 'turns bounces that come back into records',
      lines: processor('bounce-processor', plan, bounceAddress),
    },
    {
      subject: '<feedback-loop-processor>',
      reason: 'turns complaints into records',
      lines: processor('feedback-loop-processor', plan, complaintAddress),
    },
  ];
  const old = nodes.filter(isOurs);
  for (const { subject, reason, lines } of groups) {
    const before = old.filter((node) => subjectOf(node) === subject);
    if (before.length === 0) book.note('added', subject, reason);
    else if (!sameText(before, written(lines))) book.note('changed', subject, 'is written anew', lineOf(before[0]));
  }
  const rest = nodes.filter((node) => !isOurs(node));
  const place = rest.findLastIndex((node) => isBlock(node, 'source') && plan.feeders.includes(nameOf(node))) + 1;
  return inserted(rest, place, written(groups.flatMap(({ lines }) => lines)));
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

const COMPLAINTS = 'fbl|feedback|abuse|postmaster';

/** Local parts that bounces come to: the sender itself, with what VERP adds to it, and those that are made for bounces. */
function bounces({ sender, domain }: PlannedIdentity): string {
  const made = String.raw`b\+.+|bounces?([+-].*)?`;
  if (hostOf(sender).toLowerCase() !== domain.toLowerCase()) return made;
  return String.raw`${escaped(sender.slice(0, sender.lastIndexOf('@')))}([+-].*)?|${made}`;
}

const address = (localParts: string, { domain }: PlannedIdentity): string => `/^(${localParts})@${escaped(domain)}$/`;
const bounceAddress = (identity: PlannedIdentity): string => address(bounces(identity), identity);
const complaintAddress = (identity: PlannedIdentity): string => address(COMPLAINTS, identity);

/** Whether an expression is one that the functions above give, whatever its host. */
const isOurAddress = (expression: string): boolean =>
  /^\/\^\((?:.*\|)?(?:b\\\+\.\+\|bounces\?\(\[\+-\]\.\*\)\?|fbl\|feedback\|abuse\|postmaster)\)@/.test(expression);

function relayAddresses({ identities }: AdaptationPlan): string[] {
  return identities.map((identity) => `relay-address ${address(`${bounces(identity)}|${COMPLAINTS}`, identity)}`);
}

function processor(
  tag: string,
  { identities, postmaster }: AdaptationPlan,
  addressOf: (identity: PlannedIdentity) => string,
): string[] {
  return [
    `<${tag}>`,
    `    forward-unmatched-to ${postmaster}`,
    '    <address-list>',
    ...identities.map((identity) => `        address ${addressOf(identity)}`),
    '    </address-list>',
    `</${tag}>`,
  ];
}

/** What an earlier adaptation wrote, for whichever hosts. A processor of the operator's stays: it has addresses of its own. */
function isOurs(node: Node): boolean {
  if (isDirective(node, 'relay-address')) return isOurAddress(valueOf(node));
  if (node.kind !== 'block') return false;
  const tag = folded(node.tag);
  if (tag === 'source') return nameOf(node) === INBOUND_SOURCE;
  if (tag !== 'bounce-processor' && tag !== 'feedback-loop-processor') return false;
  const lists = node.children.filter((child): child is Block => isBlock(child, 'address-list'));
  const addresses = lists.flatMap((list) => list.children.filter((child) => child.kind === 'directive'));
  return addresses.length > 0 && addresses.every((one) => isDirective(one, 'address') && isOurAddress(valueOf(one)));
}

function subjectOf(node: Node): string {
  if (node.kind !== 'block') return 'relay-address';
  return `<${`${folded(node.tag)} ${nameOf(node)}`.trim()}>`;
}

const lineOf = (node: Node | undefined): number | undefined =>
  node?.kind === 'block' ? node.open.number : node?.kind === 'directive' ? node.line.number : undefined;
