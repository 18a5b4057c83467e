import { createConnection, isIPv6 } from 'node:net';
import type { ServerAddress } from './name-server.js';
import { waiting, type Patience } from './transport.js';

/** One reply of a mail server (RFC 5321 §4.2): its code, and the text of each line. */
export interface SmtpReply {
  readonly code: number;
  readonly lines: readonly string[];
}

/**
 * What a mail exchange said: to the connection, to EHLO, to an empty return path and to the recipient, in this order, up to the first
 * reply that is not a good one. Or why it said nothing.
 */
export type Greeting =
  | { readonly kind: 'replies'; readonly replies: readonly SmtpReply[] }
  | { readonly kind: 'silence'; readonly reason: string };

/** Greets the mail exchange at an address, and asks whether it takes mail for a recipient. Throws only when it is aborted. */
export type Greet = (at: ServerAddress, recipient: string, patience: Patience) => Promise<Greeting>;

export const SMTP_PORT = 25;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENETUNREACH: 'it cannot be reached from here',
  EHOSTUNREACH: 'it cannot be reached from here',
  EACCES: 'this machine lets no connection out to it',
  EPERM: 'this machine lets no connection out to it',
};

/** What a stranger may say before it is enough. */
const MOST = 64 * 1024;

/** No mail is sent: the dialogue ends with QUIT before there is a message. */
export const greet: Greet = async ({ address, port }, recipient, patience) => {
  const socket = createConnection({ host: address, port });
  socket.on('error', () => undefined); // also where nobody waits for it any more
  try {
    const replies = await waiting<SmtpReply[]>(patience, REASONS, (done, failed) => {
      const heard: SmtpReply[] = [];
      let text = '';
      socket.on('error', failed);
      socket.on('end', () => failed(new Error('it closed the connection')));
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
        if (text.length > MOST) failed(new Error('it does not speak SMTP'));
        for (let reply = firstReply(text); reply; reply = firstReply(text)) {
          text = text.slice(reply.length);
          heard.push(reply.reply);
          const next = commandAfter(heard, socket.localAddress ?? '', recipient);
          if (next === undefined) return done(heard);
          socket.write(`${next}\r\n`);
        }
      });
    });
    socket.end('QUIT\r\n').destroySoon();
    return { kind: 'replies', replies };
  } catch (error) {
    socket.destroy();
    patience.signal?.throwIfAborted();
    return { kind: 'silence', reason: error instanceof Error ? error.message : String(error) };
  }
};

/** What is said after these replies; undefined at the end, and after a reply that is not a good one. */
function commandAfter(heard: readonly SmtpReply[], here: string, recipient: string): string | undefined {
  if (heard.some(({ code }) => code < 200 || code > 299)) return undefined;
  // Who has no name of his own to greet with gives his address (RFC 5321 §4.1.3).
  const literal = isIPv6(here) ? `[IPv6:${here}]` : `[${here}]`;
  return [`EHLO ${literal}`, 'MAIL FROM:<>', `RCPT TO:<${recipient}>`][heard.length - 1];
}

/** The first reply in a text that holds all lines of it, and how much of the text it takes. */
function firstReply(text: string): { readonly reply: SmtpReply; readonly length: number } | undefined {
  const [whole] = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r?\n/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const lines = whole.trimEnd().split(/\r?\n/);
  return {
    reply: { code: Number(whole.slice(0, 3)), lines: lines.map((line) => line.slice(4)) },
    length: whole.length,
  };
}
