import type { Block, Node } from '../document.js';
import { effectiveIn } from '../effective.js';
import { survey } from '../survey.js';
import { inserted, isBlock, nameOf, sameText, withChildren, written } from './edit.js';
import { ACCOUNTING_FILE } from './accounting.js';
import type { ReportBook } from './report.js';

/** The domain of probe messages. No name of `.invalid` will ever exist in DNS (RFC 6761 §6.4), so nobody else gets one. */
export const PROBE_DOMAIN = 'ee-probe.invalid';

/** Where probe messages are handed over: on the host itself, to whoever listens there while probes are under way. */
export const PROBE_SINK = { address: '127.0.0.1', port: 2599 } as const;

/**
 * What is not written here holds as for every other domain, above all whether and how mail is signed. A probe that nobody takes
 * is given up soon, and a queue that went into backoff for it is out of it before the next one.
 */
const BLOCK = [
  `<domain ${PROBE_DOMAIN}>`,
  `    smtp-hosts [${PROBE_SINK.address}]:${PROBE_SINK.port}`,
  '    use-starttls no',
  '    require-starttls no',
  '    max-msg-rate unlimited',
  '    max-connect-rate unlimited',
  '    retry-after 5s',
  '    bounce-after 2m',
  '    backoff-max-msg-rate unlimited',
  '    backoff-max-connect-rate unlimited',
  '    backoff-retry-after 5s',
  '    backoff-to-normal-after 10s',
  '</domain>',
];

export const isProbeDomain = (node: Node): node is Block =>
  isBlock(node, 'domain') && nameOf(node).toLowerCase() === PROBE_DOMAIN;

/** The domain of probe messages, after the accounting file of this project. */
export function placeProbeDomain(nodes: readonly Node[], book: ReportBook): readonly Node[] {
  const wanted = written(BLOCK);
  const subject = `<domain ${PROBE_DOMAIN}>`;
  const old = nodes.filter(isProbeDomain);
  if (old[0] === undefined) book.note('added', subject, 'probe messages are handed over on the host itself, to ee');
  else if (!sameText(old, wanted)) book.note('changed', subject, 'is written anew', old[0].open.number);
  const first = nodes.findIndex(isProbeDomain);
  if (first !== -1) return nodes.flatMap((node, at) => (at === first ? wanted : isProbeDomain(node) ? [] : [node]));
  const accounting = nodes.findLastIndex((node) => isBlock(node, 'acct-file') && nameOf(node) === ACCOUNTING_FILE);
  return inserted(nodes, accounting + 1 || nodes.length, wanted);
}

/** What would take a probe elsewhere; `""` clears what a less specific domain says. */
const REDIRECTIONS: Readonly<Record<string, string>> = {
  type: 'smtp',
  'smtp-hosts': '',
  'queue-to': '""',
  'reroute-to-virtual-mta': '""',
  'auth-username': '""',
  'use-starttls': '',
  'require-starttls': '',
};

/**
 * The domain of probe messages inside virtual MTAs as well, where one of them or its pool sends all mail another way, such as through a
 * smart host: what a virtual MTA says comes before what holds for all.
 */
export function placeProbesInside(nodes: readonly Node[], names: ReadonlySet<string>): readonly Node[] {
  const surveyed = survey({ nodes, problems: [] });
  return nodes.map((node) => {
    if (!isBlock(node, 'virtual-mta') || !names.has(nameOf(node))) return node;
    const { settings } = effectiveIn(surveyed, PROBE_DOMAIN, nameOf(node));
    const takesAway = settings.filter(({ name, where }) => name in REDIRECTIONS && where.includes('> <'));
    if (takesAway.length === 0) return node;
    const [open = '', ...rest] = BLOCK;
    const cleared = takesAway.flatMap(({ name }) => (REDIRECTIONS[name] ? `    ${name} ${REDIRECTIONS[name]}` : []));
    const inside = written([open, ...cleared, ...rest].map((line) => `    ${line}`));
    return withChildren(node, [...node.children, ...inside]);
  });
}

/** Whether a configuration hands probe messages over on the host. */
export const takesProbes = (nodes: readonly Node[]): boolean => sameText(nodes.filter(isProbeDomain), written(BLOCK));
