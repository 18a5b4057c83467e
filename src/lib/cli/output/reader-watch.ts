import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';

/** Milliseconds between two looks at a socket. */
const PAUSE = 500;

/**
 * Calls `gone` when the reader of this pipe or socket has closed it, also while nothing is written: a command that waits for a
 * host would go on for nobody. Keeps no program alive. Returns what ends the watch. Other kinds of output have no reader.
 */
export function watchReader(descriptor: number, gone: () => void): () => void {
  const kind = fstatSync(descriptor);
  if (kind.isFIFO()) return watchPipe(descriptor, gone);
  if (kind.isSocket()) return watchSocket(descriptor, gone);
  return () => undefined;
}

/** What this needs of Node's own handle for descriptors that are polled. */
interface PolledHandle {
  onread: () => void;
  open(descriptor: number): number;
  readStart(): number;
  unref(): void;
  close(): void;
}

/**
 * poll(2) reports POLLERR on the writing end of a pipe that nobody reads any more (pipe(7)), and writing is the only thing that Node
 * offers to find out. Its handle for sockets polls any descriptor; to read from a writing end fails as soon as there is an event.
 * Where the handle is not to be had, the next write finds out.
 */
function watchPipe(descriptor: number, gone: () => void): () => void {
  let own: number | undefined;
  try {
    const { TCP, constants: kinds } = (
      process as unknown as {
        binding(name: 'tcp_wrap'): { TCP: new (kind: number) => PolledHandle; constants: { SOCKET: number } };
      }
    ).binding('tcp_wrap');
    // An end of its own: the event loop takes a descriptor only once.
    own = openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
    const handle = new TCP(kinds.SOCKET);
    if (handle.open(own) !== 0) throw new Error('the descriptor cannot be polled');
    const end = once(() => handle.close()); // and its descriptor
    handle.onread = () => {
      end();
      gone();
    };
    handle.unref();
    if (handle.readStart() !== 0) end();
    return end;
  } catch {
    if (own !== undefined) closeSync(own);
    return () => undefined;
  }
}

/** A socket that the other side has closed refuses to send, even no bytes at all (unix(7), tcp(7)). */
function watchSocket(descriptor: number, gone: () => void): () => void {
  const timer = setInterval(() => {
    try {
      writeSync(descriptor, '');
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code === 'EAGAIN') return;
      clearInterval(timer);
      gone();
    }
  }, PAUSE).unref();
  return () => clearInterval(timer);
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
