import { createServer, type Server } from 'node:net';
import { digest } from './names.js';
import { sleep } from './process.js';

/**
 * Runs `work` while no other process of this machine holds the same lock. The lock is an abstract Unix socket: the kernel
 * frees it with the process that holds it, so that even `kill -9` leaves no stale one. `onWait` is told at once and then
 * every `tellEvery` milliseconds for how many seconds it has been waiting.
 */
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  onWait?: (seconds: number) => void,
  tellEvery = 30_000,
): Promise<T> {
  const start = performance.now();
  let told = 0;
  let server = await listen(name);
  while (!server) {
    const waited = performance.now() - start;
    if (waited >= told * tellEvery) {
      onWait?.(Math.round(waited / 1000));
      told++;
    }
    await sleep(200);
    server = await listen(name);
  }
  return holding(server, work);
}

/** What is told of waiting: at first only that, later for how long. */
export const waitingFor = (what: string, seconds: number): string =>
  `${what}; waiting for it${seconds === 0 ? '' : `, ${seconds} s so far`}.`;

/** Runs `work` if nobody holds the lock; nothing happens otherwise. */
export async function ifUnlocked(name: string, work: () => Promise<void>): Promise<void> {
  const server = await listen(name);
  if (server) await holding(server, work);
}

async function holding<T>(server: Server, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A server on the abstract socket, or nothing when another process has it. */
function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    // An address has room for 107 bytes, so a long path stands there by its digest.
    server.listen(`\0ee-lab:${digest(name, 32)}`, () => resolve(server));
  });
}
