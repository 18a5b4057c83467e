import type { CaaData, MxData, Answer as PacketRecord, SoaData, TxtData } from 'dns-packet';
import { canonical } from './message.js';

/** One mail exchange. The exchange of a null MX (RFC 7505) is empty. */
export interface MailExchange {
  readonly exchange: string;
  readonly priority: number;
}

/** One CAA property (RFC 8659 §4.1). */
export interface CaaProperty {
  readonly critical: boolean;
  /** In lower case. */
  readonly tag: string;
  readonly value: string;
}

export interface StartOfAuthority {
  /** The first name server, in lower case. */
  readonly primary: string;
  readonly serial: number;
  /** Seconds that a resolver keeps "there is no such record", unless the TTL of the SOA record is shorter (RFC 2308 §5). */
  readonly minimum: number;
}

/** What each type of record is read into. Names are in lower case and without the final dot. */
export interface ValueTypes {
  A: string;
  AAAA: string;
  CNAME: string;
  NS: string;
  PTR: string;
  MX: MailExchange;
  /** The character strings joined, with nothing between them (RFC 7208 §3.3). Octets outside of ASCII are Latin-1. */
  TXT: string;
  CAA: CaaProperty;
  SOA: StartOfAuthority;
}

export type QueryType = keyof ValueTypes;

/** What the library reads a record into. */
interface Data extends Record<'A' | 'AAAA' | 'CNAME' | 'NS' | 'PTR', string> {
  MX: MxData;
  TXT: TxtData;
  CAA: CaaData;
  SOA: SoaData;
}

const READERS: { readonly [Type in QueryType]: (data: Data[Type]) => ValueTypes[Type] } = {
  A: (address) => address,
  AAAA: (address) => address,
  CNAME: canonical,
  NS: canonical,
  PTR: canonical,
  MX: ({ exchange, preference = 0 }) => ({ exchange: canonical(exchange), priority: preference }),
  TXT: (data) =>
    (Array.isArray(data) ? data : [data])
      .map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
      .join(''),
  CAA: ({ issuerCritical, tag, value }) => ({ critical: issuerCritical === true, tag: tag.toLowerCase(), value }),
  SOA: ({ mname, serial = 0, minimum = 0 }) => ({ primary: canonical(mname), serial, minimum }),
};

/** The value of a record of this type. */
export function valueIn<Type extends QueryType>(type: Type, record: PacketRecord): ValueTypes[Type] {
  const { data } = record as unknown as { data: Data[Type] };
  return READERS[type](data);
}
