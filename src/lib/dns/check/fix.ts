import { zoneLine } from '../formats/zone-line.js';
import { valueOf, type DnsRecord } from '../records.js';
import type { Fix } from './result.js';

/** A record that should be there, ready to paste. */
export function fixOf(record: DnsRecord): Fix {
  const { name, type } = record;
  const value = record.type === 'MX' ? `${record.preference} ${valueOf(record)}` : valueOf(record);
  return { name, type, value, line: zoneLine(record) };
}

/** The records of a set by name and type, as what is to be added where one is wrong. */
export function fixesIn(records: readonly DnsRecord[]): (type: DnsRecord['type'], name: string) => Fix | undefined {
  const fixes = new Map(records.map((record) => [`${record.type} ${record.name}`, fixOf(record)]));
  return (type, name) => fixes.get(`${type} ${name}`);
}
