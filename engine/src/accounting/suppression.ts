import type { AccountingRecord } from './record.js';

/** What a record means for its recipient. */
export type Consequence =
  /** Never written to again. */
  | { readonly kind: 'forever'; readonly reason: 'complaint' | 'bounce' }
  /** Not written to for a while, once there are that many bounces of these categories. */
  | { readonly kind: 'pause'; readonly categories: readonly string[]; readonly threshold: number };

/** The mailbox or its domain does not exist. invalid-mailbox is of the kept configuration, and means the same. */
const HARD = ['bad-mailbox', 'inactive-mailbox', 'bad-domain', 'invalid-mailbox'];

/** May pass: suppressed for a while after so many. */
const PASSING: readonly { readonly categories: readonly string[]; readonly threshold: number }[] = [
  { categories: ['quota-issues', 'no-answer-from-host'], threshold: 3 },
  { categories: ['routing-errors', 'relaying-issues'], threshold: 4 },
];

/** No name of `.invalid` exists in DNS (RFC 6761 §6.4): the probes of `ee` go there, and a customer never does. */
const isProbe = (recipient: string): boolean => /\.invalid$/i.test(recipient);

/**
 * Decides by the category of the bounce. All others are about the sender or the network (spam, virus, content, policy, protocol,
 * configuration, connection, …), and so is every status 5.7.x (RFC 3463 §3.8): the recipient is not to blame. A bounce that does not
 * say that it is permanent is not taken for one.
 */
export function consequenceOf(record: AccountingRecord): Consequence | undefined {
  if (record.recipient === null || isProbe(record.recipient)) return undefined;
  if (record.type === 'f') return { kind: 'forever', reason: 'complaint' };
  if (record.type !== 'b' && record.type !== 'rb') return undefined;
  const { bounceCategory: category, dsnStatus: status, dsnAction: action } = record;
  if (category === null || status?.startsWith('5.7.')) return undefined;
  const permanent = (action === null || action === 'failed') && (status === null || status.startsWith('5.'));
  if (HARD.includes(category)) return permanent ? { kind: 'forever', reason: 'bounce' } : undefined;
  const passing = PASSING.find(({ categories }) => categories.includes(category));
  return passing && { kind: 'pause', ...passing };
}
