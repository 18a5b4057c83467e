import type { RecordSet } from '../record-set.js';
import { valueOf, type DnsRecord } from '../records.js';

/** A row a record under a header (RFC 4180: CRLF, quotes doubled), without comments, which importers choke on. */
export function csv(set: RecordSet): string {
  const rows = [['type', 'name', 'ttl', 'priority', 'value'], ...[...set.records, ...set.reverse].map(row)];
  return rows.map((cells) => `${cells.map(field).join(',')}\r\n`).join('');
}

function row(record: DnsRecord): string[] {
  const priority = record.type === 'MX' ? String(record.preference) : '';
  return [record.type, record.name, String(record.ttl), priority, valueOf(record)];
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
