import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/**
 * A stream in the shape of a socket: libraries of SMTP set timeouts and begin TLS, which they can with a socket alone. Its other end
 * is a Unix socket in a folder that nobody else can enter and that is gone when this returns. When one of the two ends, so does the
 * other.
 */
export async function asSocket(stream: Duplex): Promise<Socket> {
  // An error that nobody hears would end the process; whoever uses the socket sees it close.
  stream.on('error', () => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'ee-'));
  try {
    const [near, far] = await pair(join(folder, 'socket'));
    joined(far, stream);
    return near;
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Both ends of a connection of this machine. */
function pair(path: string): Promise<[Socket, Socket]> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true });
    server.once('error', reject);
    server.listen(path, () => {
      const near = connect(path);
      near.once('error', reject);
      server.once('connection', (far) => {
        server.close();
        near.on('error', () => undefined);
        resolve([near, far]);
      });
    });
  });
}

/** Leads each into the other. Whichever is cut takes the other with it; one that ends lets the other finish. */
function joined(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      if (!from.readableEnded) to.destroy();
    });
  }
}
