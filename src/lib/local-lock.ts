import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives a lock back. */
export type Free = () => Promise<void>;

/**
 * Takes a lock of this machine by its name, or gives nothing when another process has it. The kernel frees it with the process that
 * holds it, so that even `kill -9` leaves no stale one.
 */
export async function takeLocalLock(name: string): Promise<Free | undefined> {
  // An address has room for 107 bytes, so a long name stands there by its digest.
  const id = `ee-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  return process.platform === 'linux' ? abstractSocket(id) : lockedFile(join(tmpdir(), `${id}.lock`));
}

/** Linux has sockets with a name and no file. */
function abstractSocket(id: string): Promise<Free | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0${id}`, () => resolve(() => new Promise((closed) => server.close(() => closed()))));
  });
}

/** Flags of open(2) on macOS and the BSDs, which Node passes on: O_NONBLOCK and O_EXLOCK. */
const NO_WAIT = 0x4;
const EXCLUSIVE_LOCK = 0x20;

/** macOS locks a file as it opens it. */
async function lockedFile(path: string): Promise<Free | undefined> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | NO_WAIT | EXCLUSIVE_LOCK, 0o600);
    return () => file.close();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['EAGAIN', 'EWOULDBLOCK'].includes(String(error.code)))
      return undefined;
    throw error;
  }
}
