import type { Directive, Node } from '../document.js';
import { firstWord } from '../lines.js';
import { afterHeading, inserted, isBlock, isDirective, nameOf, withValue, written } from './edit.js';
import { INBOUND_PORT, INBOUND_SOURCE } from './inbound.js';
import type { AdaptationPlan } from './plan.js';
import type { ReportBook } from './report.js';

/** Sets a directive of the top level: in its place where it stands, after `after` or the heading where it does not. */
export function setGlobal(
  nodes: readonly Node[],
  keyword: string,
  value: string,
  book: ReportBook,
  after?: string,
): readonly Node[] {
  let found = false;
  const changed = nodes.map((node) => {
    if (!isDirective(node, keyword)) return node;
    found = true;
    const next = withValue(node, value);
    if (next !== node) book.note('changed', `${keyword} ${node.value.text}`, `is now ${value}`, node.line.number);
    return next;
  });
  if (found) return changed;
  book.note('added', `${keyword} ${value}`, 'was not set');
  const place =
    after === undefined ? -1 : nodes.findLastIndex((node) => isDirective(node, after) || isBlock(node, after));
  return inserted(nodes, place === -1 ? afterHeading(nodes) : place + 1, written([`${keyword} ${value}`]));
}

/**
 * Two listeners for each IP in the place of the old ones: where mail is handed over, and where bounces and complaints come back.
 * Explicit listeners take away the implicit one on port 25. Loopback listeners stay; options and blocks of old ones go with them.
 */
export function replaceListeners(nodes: readonly Node[], plan: AdaptationPlan, book: ReportBook): readonly Node[] {
  const hosts = plan.identities.map(({ ip }) => (ip.includes(':') ? `[${ip}]` : ip));
  const submission = hosts.map((host) => `${host}:${plan.smtpPort}`);
  const inbound = hosts.map((host) => `${host}:${INBOUND_PORT}`);
  const wanted = [...submission, ...inbound];
  const isOld = (node: Node): boolean => {
    const address = listenerAddress(node);
    return address !== undefined && !/^(127\.|\[?::1\]?:|localhost:)/i.test(address);
  };
  const old = nodes.filter(isOld);
  const before = new Set(old.map(listenerAddress));
  for (const node of old) {
    const address = listenerAddress(node) ?? '';
    const line = node.kind === 'block' ? node.open.number : node.line.number;
    if (!wanted.includes(address)) {
      book.note('dropped', `smtp-listener ${address}`, 'listens on an address that is replaced', line);
    }
  }
  for (const address of wanted) {
    const reason = inbound.includes(address)
      ? 'bounces and complaints come back here'
      : 'each sending IP has a listener';
    if (!before.has(address)) book.note('added', `smtp-listener ${address}`, reason);
  }

  const first = nodes.findIndex(isOld);
  const hostName = nodes.findLastIndex((node) => isDirective(node, 'host-name'));
  const place = first === -1 ? hostName + 1 : first;
  const rest = nodes.filter((node) => !isOld(node));
  const lines = [...submission, ...inbound.map((address) => `${address} source=${INBOUND_SOURCE}`)];
  return inserted(rest, place, written(lines.map((line) => `smtp-listener ${line}`)));
}

/**
 * Takes out the older way of opening a port (`smtp-port`, `smtp-ip`), and says that the one listener which PowerMTA opens by itself is
 * gone: explicit listeners take its place.
 */
export function dropImplicitListeners(nodes: readonly Node[], book: ReportBook): readonly Node[] {
  const isOlder = (node: Node): node is Directive => isDirective(node, 'smtp-port') || isDirective(node, 'smtp-ip');
  for (const node of nodes) {
    if (!isOlder(node)) continue;
    const reason = 'opened the listener of the old host; each sending IP has listeners of its own now';
    book.note('dropped', `${node.keyword.text} ${node.value.text}`, reason, node.line.number);
  }
  const rest = nodes.filter((node) => !isOlder(node));
  if (!rest.some((node) => listenerAddress(node) !== undefined) && rest.length === nodes.length) {
    const reason =
      'PowerMTA opens it by itself where no listener is written; the listeners of the sending IPs take its place';
    book.note('dropped', 'the listener 0.0.0.0:25', reason);
  }
  return rest;
}

function listenerAddress(node: Node): string | undefined {
  if (isBlock(node, 'smtp-listener')) return nameOf(node);
  return isDirective(node, 'smtp-listener') ? firstWord(node.value).first.text : undefined;
}
