import type { Block, Node } from '../document.js';
import { inserted, isBlock, isDirective, nameOf, sameText, written } from './edit.js';
import type { ReportBook } from './report.js';

/** The accounting file that is shipped to the API and to MailWizz. When it is moved, its new name begins with the same stem. */
export const ACCOUNTING_FILE = '/var/log/pmta/ee-acct.csv';

/** Delivered, bounced, transient for a recipient, feedback loop, remote bounce, remote status. `all` is no record type. */
export const ACCOUNTING_RECORDS = ['d', 'b', 't', 'f', 'rb', 'rs'] as const;

/**
 * MailWizz finds the message of an event by its Message-Id and by nothing else. Moved and deleted by PowerMTA itself, so that the
 * disk is bounded also while nobody ships; readable for the group pmta alone, since it has every recipient in it.
 */
const BLOCK = [
  `<acct-file ${ACCOUNTING_FILE}>`,
  `    records ${ACCOUNTING_RECORDS.join(',')}`,
  ...ACCOUNTING_RECORDS.map((type) => `    record-fields ${type} *,header_Message-Id`),
  '    move-interval 1h',
  '    max-size 50M',
  '    delete-after 8d',
  '    world-readable no',
  '</acct-file>',
];

/** The accounting file of this project, after those of the operator, which stay as they are. */
export function placeAccounting(nodes: readonly Node[], book: ReportBook): readonly Node[] {
  const isOurs = (node: Node): node is Block => isBlock(node, 'acct-file') && nameOf(node) === ACCOUNTING_FILE;
  const wanted = written(BLOCK);
  const subject = `<acct-file ${ACCOUNTING_FILE}>`;
  const first = nodes.findIndex(isOurs);
  if (first === -1) {
    book.note('added', subject, 'records what the API and MailWizz need');
    const others = nodes.findLastIndex((node) => isBlock(node, 'acct-file'));
    const place = others === -1 ? nodes.findLastIndex((node) => isDirective(node, 'log-file')) : others;
    return inserted(nodes, place + 1 || nodes.length, wanted);
  }
  const old = nodes.filter(isOurs);
  if (!sameText(old, wanted)) book.note('changed', subject, 'is written anew', old[0]?.open.number);
  return nodes.flatMap((node, at) => (at === first ? wanted : isOurs(node) ? [] : [node]));
}
