import { isBlock, isDirective, nameOf } from '../adapt/edit.js';
import { ACCOUNTING_FILE } from '../adapt/accounting.js';
import { INBOUND_SOURCE } from '../adapt/inbound.js';
import { PROBE_DOMAIN } from '../adapt/probe.js';
import { SENDER_LIST } from '../adapt/routing.js';
import { folded, unquoted, type Block, type Node } from '../document.js';

/** What an overlay must leave to the settings, and where they have it. */
const GLOBALS: Readonly<Record<string, string>> = {
  postmaster: 'POSTMASTER sets it',
  'host-name': 'DOMAIN1 sets it',
  'smtp-listener': 'SENDING_IPS and PMTA_SMTP_PORT set the listeners',
  'smtp-port': 'PMTA_SMTP_PORT sets it',
  'smtp-ip': 'SENDING_IPS sets the listeners',
  'smtp-server-tls-certificate': 'ee makes the certificate of the relay',
  'smtp-source-host': 'SENDING_IPS and the domains of the settings set it',
  'domain-key': '`ee dkim` makes the keys, and each virtual MTA has its own',
  include: 'write its lines into the overlay',
};

const BLOCKS: Readonly<Record<string, string>> = {
  'smtp-listener': 'SENDING_IPS and PMTA_SMTP_PORT set the listeners',
  'smtp-user': 'PMTA_SMTP_USER and PMTA_SMTP_PASSWORD set it',
  'bounce-processor': 'ee writes it for the sending hosts',
  'feedback-loop-processor': 'ee writes it for the sending hosts',
  'domain-key-list': '`ee dkim` makes the keys',
};

/** Blocks that are the tool's own, by tag and name. */
const NAMED: readonly (readonly [tag: string, name: string, reason: string])[] = [
  ['pattern-list', SENDER_LIST, 'the SENDER settings decide which sender goes through which virtual MTA'],
  ['source', INBOUND_SOURCE, 'ee writes it: it takes bounces and complaints'],
  ['acct-file', ACCOUNTING_FILE, 'ee writes it: the API and MailWizz read it'],
  ['domain', PROBE_DOMAIN, 'ee writes it: it takes probe messages'],
];

/** Why the overlay must not have this statement; undefined where it may. `path` are the blocks around it, from the outside in. */
export function ownedReason(node: Node, path: readonly Block[], feeders: readonly string[]): string | undefined {
  if (node.kind === 'directive') return directiveReason(node.keyword.text.toLowerCase(), path);
  if (node.kind === 'entry') return /^include\s/i.test(node.value.text) ? GLOBALS['include'] : undefined;
  if (node.kind !== 'block') return undefined;
  const tag = folded(node.tag);
  if (BLOCKS[tag] !== undefined) return BLOCKS[tag];
  if (tag === 'source' && feeders.includes(nameOf(node)))
    return 'ee writes it: it takes mail from a host of the settings';
  return NAMED.find(([blockTag, name]) => blockTag === tag && name.toLowerCase() === nameOf(node).toLowerCase())?.[2];
}

function directiveReason(name: string, path: readonly Block[]): string | undefined {
  const outer = path.at(-1);
  if (name === 'virtual-mta' && outer && isBlock(outer, 'virtual-mta-pool')) return undefined;
  if (name === 'host-name' && outer) return isBlock(outer, 'virtual-mta') ? GLOBALS[name] : undefined;
  return GLOBALS[name];
}

/** Why this directive must not go into the block of the rendering; undefined where it may. */
export function blockedReason(name: string, target: Block): string | undefined {
  if (name === 'virtual-mta' && isBlock(target, 'virtual-mta-pool')) return 'SENDING_IPS sets the members of this pool';
  if (name !== 'pattern-list' || !isBlock(target, 'source')) return undefined;
  const isSenders = target.children.some(
    (child) => isDirective(child, 'pattern-list') && unquoted(child.value.text) === SENDER_LIST,
  );
  return isSenders ? `this source names ${SENDER_LIST}, and it can name one list only` : undefined;
}
