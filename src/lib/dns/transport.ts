import { createSocket } from 'node:dgram';
import { createConnection, isIPv6 } from 'node:net';
import type { ServerAddress } from './name-server.js';

/** Milliseconds to wait, and what ends the waiting before. */
export interface Patience {
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** Nobody answered, for a reason that an operator understands. */
export class NoAnswer extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no name server listens there',
  ECONNRESET: 'it closed the connection',
  ENETUNREACH: 'it cannot be reached from here',
  EHOSTUNREACH: 'it cannot be reached from here',
  EACCES: 'this machine lets no question out to it',
  EPERM: 'this machine lets no question out to it',
};

/**
 * Sends a message over UDP, from a port of its own that nobody can guess, and waits for a packet that `accept` takes. The socket is
 * connected, so that what others send does not reach it. Throws NoAnswer.
 */
export async function overUdp<T>(
  { address, port }: ServerAddress,
  message: Buffer,
  accept: (bytes: Buffer) => T | undefined,
  patience: Patience,
): Promise<T> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    return await waiting<T>(patience, REASONS, (done, failed) => {
      socket.on('error', failed);
      socket.on('message', (bytes) => {
        const accepted = accept(bytes);
        if (accepted !== undefined) done(accepted);
      });
      socket.connect(port, address, () => socket.send(message));
    });
  } finally {
    socket.close();
  }
}

/** The same over TCP, where a message is led by its length (RFC 1035 §4.2.2). Throws NoAnswer. */
export async function overTcp<T>(
  { address, port }: ServerAddress,
  message: Buffer,
  accept: (bytes: Buffer) => T | undefined,
  patience: Patience,
): Promise<T> {
  const socket = createConnection({ host: address, port });
  try {
    return await waiting<T>(patience, REASONS, (done, failed) => {
      let received = Buffer.alloc(0);
      socket.on('error', failed);
      socket.on('end', () => failed(new NoAnswer('it closed the connection')));
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const accepted = accept(received.subarray(2, 2 + received.readUInt16BE(0)));
        if (accepted === undefined) failed(new NoAnswer('it answered another question'));
        else done(accepted);
      });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
  } finally {
    socket.destroy();
  }
}

/** Waits for what `begin` brings. Throws NoAnswer, with the words that there are for the code of an error. */
export async function waiting<T>(
  { timeout, signal }: Patience,
  reasons: Readonly<Record<string, string>>,
  begin: (done: (value: T) => void, failed: (error: Error) => void) => void,
): Promise<T> {
  signal?.throwIfAborted();
  let ended: (() => void) | undefined;
  // Not AbortSignal.timeout: under AbortSignal.any it is collected as garbage, and never ends (nodejs/node#57736).
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      ended = (): void => reject(new NoAnswer('no answer in time'));
      timer = setTimeout(ended, timeout);
      signal?.addEventListener('abort', ended, { once: true });
      begin(resolve, reject);
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NoAnswer) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = error instanceof Error ? error.message : String(error);
    throw new NoAnswer(reasons[code] ?? (code || reason), { cause: error });
  } finally {
    clearTimeout(timer);
    if (ended) signal?.removeEventListener('abort', ended);
  }
}
