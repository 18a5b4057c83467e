import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
  decode,
  encode,
  streamEncode,
  type Answer,
  type DecodedPacket,
  type Packet,
} from 'dns-packet';
import type { Ask, Reply } from '../../../src/lib/dns/ask.js';
import type { Question } from '../../../src/lib/dns/message.js';

/** What a name server of a test says. */
export interface Says {
  readonly code?: number;
  readonly flags?: number;
  readonly answers?: Answer[];
  readonly authorities?: Answer[];
  readonly additionals?: Answer[];
}

export { AUTHORITATIVE_ANSWER, RECURSION_AVAILABLE, TRUNCATED_RESPONSE };

export const soa = (zone: string, options: { ttl?: number; minimum?: number } = {}): Answer => ({
  ...{ type: 'SOA', name: zone, ttl: options.ttl ?? 3600 },
  data: { mname: `ns1.${zone}`, rname: `hostmaster.${zone}`, serial: 1, minimum: options.minimum ?? 300 },
});
export const a = (name: string, data: string, ttl = 600): Answer => ({ type: 'A', name, ttl, data });
export const ns = (name: string, data: string): Answer => ({ type: 'NS', name, ttl: 3600, data });
export const txt = (name: string, ...data: string[]): Answer => ({ type: 'TXT', name, ttl: 600, data });
export const cname = (name: string, data: string, ttl = 600): Answer => ({ type: 'CNAME', name, ttl, data });

const packetOf = (
  question: Question,
  id: number,
  { code = 0, flags = 0, answers = [], authorities = [], additionals = [] }: Says,
): Packet => ({
  ...{ type: 'response', id, flags: flags | code, answers, authorities, additionals },
  questions: [{ ...question, class: 'IN' }],
});

/** Questions that reach no network: `says` tells what a server answers, or undefined for silence. What was asked is kept. */
export function worldOf(says: (server: string, question: Question) => Says | undefined): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  const ask: Ask = (server, question, { recursion }): Promise<Reply> => {
    asked.push(`${server} ${question.type} ${question.name}${recursion ? '' : ' (no recursion)'}`);
    const said = says(server, question);
    if (said === undefined) return Promise.resolve({ kind: 'silence', reason: 'no answer in time' });
    return Promise.resolve({ kind: 'packet', packet: decode(encode(packetOf(question, 7, said))) });
  };
  return { ask, asked };
}

/** A name server on the loopback. `reply` gives the bytes of each packet that it sends back. */
export class LoopbackServer {
  readonly queries: DecodedPacket[] = [];
  readonly ports: number[] = [];
  #sockets: (Socket | Server)[] = [];

  static async start(
    reply: (query: DecodedPacket, attempt: number) => readonly Buffer[],
    overTcp?: (query: DecodedPacket) => Buffer,
  ): Promise<{ server: LoopbackServer; address: string }> {
    const server = new LoopbackServer();
    const udp = await server.#bind(overTcp);
    udp.on('message', (bytes, from) => {
      const query = decode(bytes);
      server.queries.push(query);
      server.ports.push(from.port);
      for (const packet of reply(query, server.queries.length)) udp.send(packet, from.port, from.address);
    });
    return { server, address: `127.0.0.1:${udp.address().port}` };
  }

  /** A free port of UDP, and the same of TCP where it is wanted; another one where somebody has that of TCP. */
  async #bind(overTcp?: (query: DecodedPacket) => Buffer): Promise<Socket> {
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    if (overTcp) {
      const tcp = createServer((socket) =>
        socket.once('data', (bytes) => socket.end(overTcp(decode(bytes.subarray(2))))),
      );
      tcp.listen(udp.address().port, '127.0.0.1');
      try {
        await once(tcp, 'listening');
      } catch {
        udp.close();
        return this.#bind(overTcp);
      }
      this.#sockets.push(tcp);
    }
    this.#sockets.push(udp);
    return udp;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

const questionIn = (query: DecodedPacket): Question => query.questions?.[0] as Question;

/** The bytes of an answer to a query. */
export const answer = (query: DecodedPacket, says: Says): Buffer =>
  encode(packetOf(questionIn(query), query.id ?? 0, says));

export const streamedAnswer = (query: DecodedPacket, says: Says): Buffer =>
  streamEncode(packetOf(questionIn(query), query.id ?? 0, says));
