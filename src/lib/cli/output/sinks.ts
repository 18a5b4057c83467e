import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Sink } from './outlet.js';

/** The way out through this descriptor, whose stream is `stream`. */
export function sinkOf(stream: Writable & { readonly isTTY?: boolean }, descriptor: number): Sink {
  if (!stream.isTTY && isDevice(descriptor)) return fileSink(descriptor);
  const write = stream.write.bind(stream) as (bytes: Uint8Array, done: (error?: Error | null) => void) => boolean;
  return (bytes, done) => write(bytes, done);
}

/** A file or a device, which takes bytes at once. */
function isDevice(descriptor: number): boolean {
  const kind = fstatSync(descriptor);
  return kind.isFile() || kind.isCharacterDevice() || kind.isBlockDevice();
}

/**
 * Writes until all bytes are there. Node's own stream for files takes the first count that the kernel gives for the whole: on a
 * disk that fills up it loses the rest without a word (nodejs/node lib/internal/fs/sync_write_stream.js).
 */
export function fileSink(descriptor: number, writeSome: typeof writeSync = writeSync): Sink {
  return (bytes, done) => {
    try {
      for (let at = 0; at < bytes.length;) at += writeSome(descriptor, bytes, at, bytes.length - at);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return true;
    }
    done();
    return true;
  };
}
