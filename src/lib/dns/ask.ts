import type { DecodedPacket } from 'dns-packet';
import { answerTo, query, responseCode, type Question } from './message.js';
import { serverAddress, type ServerAddress } from './name-server.js';
import { NoAnswer, overTcp, overUdp } from './transport.js';

/** What came back from one server: its answer, or why there is none. */
export type Reply =
  { readonly kind: 'packet'; readonly packet: DecodedPacket } | { readonly kind: 'silence'; readonly reason: string };

export interface AskOptions {
  /** Asks a resolver to find the answer; a server that is asked for what it holds itself is not. */
  readonly recursion: boolean;
  /** Milliseconds of each try, in their order. */
  readonly timeouts: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** Puts a question to one name server, `address[:port]`. Throws only when it is aborted. */
export type Ask = (server: string, question: Question, options: AskOptions) => Promise<Reply>;

const FORMAT_ERROR = 1;
const NOT_IMPLEMENTED = 4;

/**
 * Over UDP with EDNS, each try with a new ID and port; without EDNS where the server does not know it, and over TCP where the
 * answer does not fit.
 */
export const ask: Ask = async (server, question, options) => {
  const at = serverAddress(server);
  let reason = 'it was not asked';
  for (const timeout of options.timeouts) {
    try {
      return { kind: 'packet', packet: await askOnce(at, question, { ...options, timeout }) };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      reason = error.message;
    }
  }
  return { kind: 'silence', reason };
};

type Try = Omit<AskOptions, 'timeouts'> & { readonly timeout: number };

async function askOnce(at: ServerAddress, question: Question, how: Try): Promise<DecodedPacket> {
  const packet = await send(overUdp, at, question, how, true);
  const code = responseCode(packet);
  const plain = code === FORMAT_ERROR || code === NOT_IMPLEMENTED;
  const answer = plain ? await send(overUdp, at, question, how, false) : packet;
  return answer.flag_tc ? send(overTcp, at, question, how, !plain) : answer;
}

async function send(
  over: typeof overUdp,
  at: ServerAddress,
  question: Question,
  { recursion, ...patience }: Try,
  edns: boolean,
): Promise<DecodedPacket> {
  const { id, bytes } = query(question, { recursion, edns });
  return over(at, bytes, (received: Buffer) => answerTo(question, id, received), patience);
}
