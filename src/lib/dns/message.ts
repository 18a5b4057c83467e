import { randomInt } from 'node:crypto';
import { RECURSION_DESIRED, decode, encode, type DecodedPacket } from 'dns-packet';
import type { QueryType } from './values.js';

/** What a name server is asked. The name is absolute, in lower case and without the final dot. */
export interface Question {
  readonly name: string;
  readonly type: QueryType;
}

export interface Query {
  readonly id: number;
  readonly bytes: Buffer;
}

/** The largest answer that is taken over UDP: what passes every network without being cut into pieces (DNS flag day 2020). */
const UDP_PAYLOAD = 1232;

/** A question as it is sent, with an ID that nobody can guess (RFC 5452). Without EDNS for servers that do not know it. */
export function query({ name, type }: Question, options: { recursion: boolean; edns: boolean }): Query {
  const id = randomInt(0x10000);
  const opt = {
    ...{ type: 'OPT' as const, name: '.', udpPayloadSize: UDP_PAYLOAD },
    ...{ extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
  };
  const bytes = encode({
    type: 'query',
    id,
    flags: options.recursion ? RECURSION_DESIRED : 0,
    questions: [{ name, type, class: 'IN' }],
    additionals: options.edns ? [opt] : [],
  });
  return { id, bytes };
}

/** The answer to this query; undefined for anything else that arrives, which a stranger may have sent. */
export function answerTo({ name, type }: Question, id: number, bytes: Buffer): DecodedPacket | undefined {
  const packet = decoded(bytes);
  if (packet === undefined || packet.id !== id || !packet.flag_qr) return undefined;
  const [question, ...others] = packet.questions ?? [];
  // Some servers leave the question out of an answer that is an error.
  if (question === undefined) return responseCode(packet) === 0 ? undefined : packet;
  const same = canonical(question.name) === name && question.type === type && question.class === 'IN';
  return same && others.length === 0 ? packet : undefined;
}

function decoded(bytes: Buffer): DecodedPacket | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined; // not a DNS message: as if nothing had arrived
  }
}

/** RFC 1035 §4.1.1. */
export function responseCode({ flags = 0 }: DecodedPacket): number {
  return flags & 0xf;
}

/** A name as it is compared: in lower case (RFC 4343) and without the final dot. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Whether DNS can hold a name: labels of 1 to 63 octets, 253 together (RFC 1035 §2.3.4). */
export function isPossibleName(name: string): boolean {
  const labels = name.split('.');
  return Buffer.byteLength(name) <= 253 && labels.every((label) => label !== '' && Buffer.byteLength(label) <= 63);
}
