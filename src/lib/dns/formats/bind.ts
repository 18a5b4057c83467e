import { missingHere } from '../dkim-record.js';
import { isWithin } from '../names.js';
import type { RecordSet } from '../record-set.js';
import type { DnsRecord } from '../records.js';
import { zoneLine } from './zone-line.js';

/**
 * A zone file to include below the SOA and NS records that the zone has. A line `; zone NAME` stands before each part: names of other
 * zones do not belong in this one, and reverse names belong to whoever provides the addresses.
 */
export function bind(set: RecordSet): string {
  const inside = set.records.filter((record) => isWithin(record.name, set.zone));
  const outside = set.records.filter((record) => !isWithin(record.name, set.zone));
  return [
    ...[...set.unread.map(missingHere), ...set.notes].map((note) => `; ${note}`),
    ...part(`; zone ${set.zone}`, inside),
    ...part('; other zones', outside),
    ...part('; reverse zones', set.reverse),
    '',
  ].join('\n');
}

function part(title: string, records: readonly DnsRecord[]): string[] {
  return records.length === 0 ? [] : [title, ...records.map(zoneLine)];
}
