import { split } from '../character-strings.js';
import { unreadName } from '../dkim-record.js';
import type { RecordSet } from '../record-set.js';
import { valueOf, type DnsRecord } from '../records.js';

/** The JSON form, for scripts. */
export interface DnsDocument {
  zone: string;
  records: RecordDocument[];
  reverse: { ip: string; name: string; ttl: number; target: string }[];
  notes: string[];
  /** Records that are not among these, since their keys could not be read. */
  unread: { type: 'TXT'; name: string; domain: string; reason: string }[];
}

interface RecordDocument {
  type: string;
  name: string;
  ttl: number;
  /** The logical value; a TXT is whole. */
  value: string;
  /** MX only. */
  priority?: number;
  /** TXT only: the value in strings of at most 255 octets, to be joined with nothing between. */
  strings?: string[];
  purpose: string;
}

export function document(set: RecordSet): DnsDocument {
  return {
    zone: set.zone,
    records: set.records.map(describe),
    reverse: set.reverse.map(({ ip, name, ttl, target }) => ({ ip, name, ttl, target })),
    notes: [...set.notes],
    unread: set.unread.map((one) => ({ type: 'TXT', name: unreadName(one), domain: one.domain, reason: one.reason })),
  };
}

export function json(set: RecordSet): string {
  return `${JSON.stringify(document(set), null, 2)}\n`;
}

function describe(record: DnsRecord): RecordDocument {
  const { type, name, ttl, purpose } = record;
  return {
    type,
    name,
    ttl,
    value: valueOf(record),
    ...(record.type === 'MX' ? { priority: record.preference } : {}),
    ...(record.type === 'TXT' ? { strings: split(record.text) } : {}),
    purpose,
  };
}
