import { basename, dirname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { ACCOUNTING_FILE } from '../../pmta/adapt/accounting.js';
import { printable } from '../../pmta/live/said.js';
import { quote } from '../../ssh/shell-quote.js';

/** What a message can come to in the end. A `type discard` counts as a delivery in the accounting, and nobody gets the message. */
export type FinalKind = 'delivered' | 'discarded' | 'bounced';

/** True where no later record changes what became of the message. */
export const isFinal = (kind: AccountingRecord['kind'] | 'unknown'): kind is FinalKind =>
  kind === 'delivered' || kind === 'discarded' || kind === 'bounced';

/** What PowerMTA's accounting says of a message: the last word on it, or what came last while it waits. */
export interface AccountingRecord {
  readonly kind: FinalKind | 'deferred';
  readonly messageId: string;
  readonly recipient: string;
  /** What the other server answered, or PowerMTA says itself. */
  readonly answer: string;
  readonly status: string;
  /** The server that answered. */
  readonly server: string;
  /** PowerMTA's name for why it bounced. */
  readonly category: string;
  /** The address that it left from. */
  readonly ip: string;
  readonly virtualMta: string;
}

/** A quoted field may hold line breaks (RFC 4180 §2.6), and a quote that a power cut left open shall not swallow the file. */
const RECORDS = String.raw`
{
  record = record == "" ? $0 : record " " $0
  if (gsub(/"/, "\"", record) % 2 && length(record) < 65536) next
  if (!headed++) print "head\t" record
  else if (index(record, mark)) print "record\t" record
  record = ""
}`;

/**
 * Shell that prints the head of each accounting file that was written to in the last `minutes` and has `mark` in it, and its records
 * with `mark`, a line each. PowerMTA moves the file when it is full or an hour old, so there can be several.
 */
export function accountingQuestion(mark: string, minutes: number, file: string = ACCOUNTING_FILE): string {
  const folder = dirname(file);
  const files = `${basename(file, '.csv')}*.csv`;
  return [
    `find ${quote(folder)} -maxdepth 1 -type f -name ${quote(files)} -mmin -${minutes} -exec grep -lF ${quote(mark)} {} + |`,
    `while read -r file; do awk -v mark=${quote(mark)} ${quote(RECORDS)} "$file"; done`,
  ].join('\n');
}

const KINDS: Readonly<Record<string, AccountingRecord['kind']>> = { d: 'delivered', b: 'bounced', t: 'deferred' };

/** The records of the answers, in the order in which they were written. A line that is no whole record is passed over. */
export function accountingRecords(output: string): AccountingRecord[] {
  let names: readonly string[] = [];
  const records: AccountingRecord[] = [];
  for (const line of output.split('\n')) {
    const [, what, text = ''] = /^(head|record)\t([^]*)$/.exec(line.replace(/\r$/, '')) ?? [];
    const fields = what === undefined ? undefined : fieldsOf(text);
    if (what === 'head') names = fields ?? [];
    else if (fields && fields.length === names.length) records.push(...recordOf(names, fields));
  }
  return records;
}

function fieldsOf(text: string): string[] | undefined {
  try {
    const rows: string[][] = parse(text, { bom: true });
    return rows[0];
  } catch {
    return undefined; // half a record: it is still being written
  }
}

function recordOf(names: readonly string[], fields: readonly string[]): AccountingRecord[] {
  const field = (name: string): string => fields[names.indexOf(name)] ?? '';
  const type = KINDS[field('type')];
  if (type === undefined) return [];
  const kind = type === 'delivered' && field('dlvType') === 'discard' ? 'discarded' : type;
  return [
    {
      kind,
      messageId: field('header_Message-Id').trim(),
      recipient: field('rcpt').toLowerCase(),
      answer: answerOf(field('dsnDiag'), field('dsnStatus')),
      status: /^\d\.\d+\.\d+/.exec(field('dsnStatus'))?.[0] ?? '',
      server: printable(field('dsnMta').split(' ')[0] ?? ''),
      category: printable(field('bounceCat')),
      ip: field('dlvSourceIp'),
      virtualMta: field('vmta'),
    },
  ];
}

/** `smtp;550 5.1.1 no such mailbox` is what the other server said; without it the status carries a text after its number. */
const answerOf = (diagnostic: string, status: string): string =>
  printable((diagnostic || status).replace(/^(smtp|X-PowerMTA)\s*;\s*/i, ''));
