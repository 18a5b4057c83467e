import { quoted, split } from '../character-strings.js';
import { valueOf, type DnsRecord } from '../records.js';

/** One record in zone-file notation (RFC 1035 §5.1), with absolute names, so that it means the same under any origin. */
export function zoneLine(record: DnsRecord): string {
  return `${record.name}. ${record.ttl} IN ${record.type} ${data(record)}`;
}

function data(record: DnsRecord): string {
  switch (record.type) {
    case 'TXT':
      return quoted(split(record.text));
    case 'MX':
      return `${record.preference} ${record.exchange}.`;
    case 'PTR':
      return `${record.target}.`;
    case 'A':
    case 'CAA':
      return valueOf(record);
  }
}
