import { isIP } from 'node:net';

/** The record types of PowerMTA: delivered, bounced, transient (also of a queue), received, complaint, remote bounce and status. */
export const RECORD_TYPES = ['d', 'b', 't', 'tq', 'r', 'f', 'rb', 'rs'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** A record as the shipper sends it. */
export interface SentRecord {
  /** SHA-256, in 64 hexadecimal digits. */
  readonly id: string;
  /** By the names of PowerMTA's columns, which vary. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A record as it is kept: what is asked for in columns of its own, everything in `raw`. */
export interface AccountingRecord {
  readonly id: string;
  readonly type: RecordType;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly vmta: string | null;
  readonly job: string | null;
  readonly envelope: string | null;
  readonly sender: string | null;
  /** In lower case: addresses are compared. */
  readonly recipient: string | null;
  readonly dsnAction: string | null;
  /** The code alone: PowerMTA adds words to it. */
  readonly dsnStatus: string | null;
  readonly bounceCategory: string | null;
  readonly sourceIp: string | null;
  readonly messageId: string | null;
  readonly raw: Readonly<Record<string, string>>;
}

/** The record that was sent, or what is wrong with it. */
export function readRecord({ id, fields }: SentRecord): AccountingRecord | string {
  const raw = Object.fromEntries(Object.entries(fields).map(([name, value]) => [storable(name), storable(value)]));
  const text = (name: string): string | null => raw[name]?.trim() || null;
  const type = RECORD_TYPES.find((known) => known === raw['type']);
  if (type === undefined) return `its type is ${JSON.stringify(raw['type'] ?? '')}, which is none of PowerMTA's`;
  const time = timeOf(raw['timeLogged'] ?? '');
  if (time === undefined) return `its timeLogged is ${JSON.stringify(raw['timeLogged'] ?? '')}, which is no time`;
  const source = text('dlvSourceIp');
  return {
    id,
    type,
    time,
    vmta: text('vmta'),
    job: text('jobId'),
    envelope: text('envId'),
    sender: text('orig'),
    recipient: text('rcpt')?.toLowerCase() ?? null,
    dsnAction: text('dsnAction'),
    dsnStatus: /^\d\.\d{1,3}\.\d{1,3}/.exec(text('dsnStatus') ?? '')?.[0] ?? null,
    bounceCategory: text('bounceCat'),
    sourceIp: source !== null && isIP(source) !== 0 ? source : null,
    messageId: text('header_Message-Id'),
    raw,
  };
}

/** PostgreSQL keeps neither U+0000 nor half of a surrogate pair. */
function storable(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\ufffd');
}

/** Seconds since 1970, or `2026-11-24 08:15:00+0100`: both occur. */
function timeOf(text: string): string | undefined {
  const written = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d):?(\d\d)$/.exec(text);
  const parsed = written
    ? Date.parse(`${written[1]}T${written[2]}${written[3]}:${written[4]}`)
    : /^\d{9,11}(\.\d+)?$/.test(text)
      ? Number(text) * 1000
      : NaN;
  return Number.isFinite(parsed) ? new Date(parsed).toISOString() : undefined;
}
