import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { greet, type Greeting } from '../../../src/lib/dns/mail-port.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that says these texts, one after each line that it gets. Gives its port and what it got. */
async function serverThatSays(...texts: string[]): Promise<{ port: number; got: string[] }> {
  const got: string[] = [];
  const server = createServer((socket) => {
    const says = [...texts];
    socket.on('error', () => undefined);
    socket.write(says.shift() ?? '');
    socket.on('data', (bytes) => {
      for (const line of bytes.toString().split('\r\n').slice(0, -1)) {
        got.push(line);
        socket.write(says.shift() ?? '');
      }
    });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, got };
}

const greeted = (port: number, timeout = 30_000): Promise<Greeting> =>
  greet({ address: '127.0.0.1', port }, 'postmaster@mail1.example.com', { timeout });

describe('a mail exchange', () => {
  it('is asked for its greeting, what it can, and a recipient, and never given a message', async () => {
    const replies = ['220 mail1.example.com ESMTP\r\n', '250-mail1\r\n250-PIPELINING\r\n250 STARTTLS\r\n'];
    const { port, got } = await serverThatSays(...replies, '250 ok\r\n', '250 2.1.5 ok\r\n');
    expect(await greeted(port)).toEqual({
      kind: 'replies',
      replies: [
        { code: 220, lines: ['mail1.example.com ESMTP'] },
        { code: 250, lines: ['mail1', 'PIPELINING', 'STARTTLS'] },
        { code: 250, lines: ['ok'] },
        { code: 250, lines: ['2.1.5 ok'] },
      ],
    });
    await expect
      .poll(() => got)
      .toEqual(['EHLO [127.0.0.1]', 'MAIL FROM:<>', 'RCPT TO:<postmaster@mail1.example.com>', 'QUIT']);
  });

  it('is asked no more after a reply that is not a good one', async () => {
    const { port, got } = await serverThatSays('421 4.7.0 too many\r\n');
    expect(await greeted(port)).toEqual({ kind: 'replies', replies: [{ code: 421, lines: ['4.7.0 too many'] }] });
    await expect.poll(() => got).toEqual(['QUIT']);
  });

  it('may send its reply in pieces', async () => {
    const server = createServer((socket) => {
      socket.write('554-no');
      setImmediate(() => socket.write(' way\r\n554 at'));
      setImmediate(() => setImmediate(() => socket.write(' all\r\n')));
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await greeted(port)).toEqual({ kind: 'replies', replies: [{ code: 554, lines: ['no way', 'at all'] }] });
  });

  it('that nobody is, that says nothing, or that speaks without an end is silent, and why is said', async () => {
    const { port } = await serverThatSays('');
    expect(await greeted(port, 50)).toEqual({ kind: 'silence', reason: 'no answer in time' });
    const chatty = await serverThatSays('x'.repeat(100_000));
    expect(await greeted(chatty.port)).toEqual({ kind: 'silence', reason: 'it does not speak SMTP' });
    servers.at(-1)?.close();
    const closed = await serverThatSays('');
    await new Promise((done) => servers.at(-1)?.close(done));
    expect(await greeted(closed.port)).toEqual({ kind: 'silence', reason: 'the connection is refused' });
  });

  it('is not waited for any more once the run is interrupted', async () => {
    const { port } = await serverThatSays('');
    const signal = AbortSignal.abort(new Error('interrupted'));
    const asked = greet({ address: '127.0.0.1', port }, 'postmaster@mail1.example.com', { timeout: 30_000, signal });
    await expect(asked).rejects.toThrow('interrupted');
  });
});
