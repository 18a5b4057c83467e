import { reverseName } from './names.js';

/** Seconds that resolvers may keep a record: short enough to correct a mistake or rotate a key within the hour. */
export const RECORD_TTL = 3600;

interface Common {
  /** Absolute name without the final dot. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  /** What the record is for, in a few words. */
  readonly purpose: string;
}

export type DnsRecord =
  | (Common & { readonly type: 'A'; readonly address: string })
  | (Common & { readonly type: 'MX'; readonly preference: number; readonly exchange: string })
  /** `text` is the logical value; formats split it into character strings. */
  | (Common & { readonly type: 'TXT'; readonly text: string })
  | (Common & { readonly type: 'CAA'; readonly flags: number; readonly tag: 'issue'; readonly value: string })
  | (Common & { readonly type: 'PTR'; readonly ip: string; readonly target: string });

export type RecordOf<Type extends DnsRecord['type']> = Extract<DnsRecord, { type: Type }>;

export function a(name: string, address: string, purpose: string): RecordOf<'A'> {
  return { type: 'A', name, ttl: RECORD_TTL, address, purpose };
}

export function mx(name: string, exchange: string, purpose: string): RecordOf<'MX'> {
  return { type: 'MX', name, ttl: RECORD_TTL, preference: 10, exchange, purpose };
}

/** Says that a name takes no mail (RFC 7505). */
export function nullMx(name: string, purpose: string): RecordOf<'MX'> {
  return { type: 'MX', name, ttl: RECORD_TTL, preference: 0, exchange: '', purpose };
}

export function txt(name: string, text: string, purpose: string): RecordOf<'TXT'> {
  return { type: 'TXT', name, ttl: RECORD_TTL, text, purpose };
}

export function caa(name: string, authority: string, purpose: string): RecordOf<'CAA'> {
  return { type: 'CAA', name, ttl: RECORD_TTL, flags: 0, tag: 'issue', value: authority, purpose };
}

/** The reverse record of an IPv4 address (RFC 1035 §3.5). */
export function ptr(ip: string, target: string, purpose: string): RecordOf<'PTR'> {
  const name = reverseName(ip);
  return { type: 'PTR', name, ttl: RECORD_TTL, ip, target, purpose };
}

/** The value of a record as people write it: long texts whole, names without the final dot but for the root, which is nothing else. */
export function valueOf(record: DnsRecord): string {
  switch (record.type) {
    case 'A':
      return record.address;
    case 'MX':
      return record.exchange || '.';
    case 'TXT':
      return record.text;
    case 'CAA':
      return `${record.flags} ${record.tag} "${record.value}"`;
    case 'PTR':
      return record.target;
  }
}
