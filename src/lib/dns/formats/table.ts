import { missingHere } from '../dkim-record.js';
import type { RecordSet } from '../record-set.js';
import { valueOf, type DnsRecord } from '../records.js';

/** For people: aligned columns, every value whole on its line so that it can be copied, then what to know about the set. */
export function table(set: RecordSet): string {
  const columns = ['TYPE', 'NAME', 'TTL', 'VALUE'];
  const forward = set.records.map(row);
  const reverse = set.reverse.map((record) => ['PTR', record.ip, String(record.ttl), record.target]);
  const widths = columns.map((_, column) =>
    Math.max(...[columns, ...forward, ...reverse].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return [
    line(columns),
    ...forward.map(line),
    '',
    'Reverse names:',
    ...reverse.map(line),
    '',
    ...[...set.unread.map(missingHere), ...set.notes].map((note) => `- ${note}`),
    '',
  ].join('\n');
}

function row(record: DnsRecord): string[] {
  const value = record.type === 'MX' ? `${record.preference} ${valueOf(record)}` : valueOf(record);
  return [record.type, record.name, String(record.ttl), value];
}
