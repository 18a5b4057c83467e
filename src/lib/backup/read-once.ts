import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { type FileHandle } from 'node:fs/promises';
import { NotRegularFile, openRegular } from '../regular-file.js';
import type { FilePath } from './file-name.js';
import { error, type Problem } from './report.js';

const CHUNK = 1024 * 1024;

/** Takes the bytes of a file as they pass; the buffer is reused once `write` resolves. */
export interface ByteSink {
  write(chunk: Buffer): Promise<void> | void;
}

export interface ReadResult {
  readonly bytes: number;
  /** Hex, of exactly the bytes that the sink got. */
  readonly sha256: string;
  readonly problems: readonly Problem[];
}

/**
 * Reads a file once, from the first byte to the last, hashing it and handing the same bytes to the sink. Memory is two chunks,
 * whatever the size: the next one is read while the sink works on this one. Opened for reading only, never through a symbolic
 * link. Throws what the operating system says when it cannot be read.
 */
export async function readOnce(path: FilePath, sink?: ByteSink, signal?: AbortSignal): Promise<ReadResult> {
  const file = await openRegular(path, constants.O_NOFOLLOW).catch((cause: unknown) => {
    if (cause instanceof NotRegularFile) return undefined;
    throw cause;
  });
  if (file === undefined) return { bytes: 0, sha256: '', problems: [error('NOT_A_FILE', 'not a regular file')] };
  try {
    const before = await file.stat({ bigint: true });
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of chunksOf(file)) {
      signal?.throwIfAborted();
      bytes += chunk.length;
      hash.update(chunk);
      await sink?.write(chunk);
    }
    const changed = differs(before, await file.stat({ bigint: true })) || BigInt(bytes) !== before.size;
    return {
      bytes,
      sha256: hash.digest('hex'),
      problems: changed ? [error('CHANGED_DURING_READ', 'something wrote to the file while it was read')] : [],
    };
  } finally {
    await file.close();
  }
}

/** The file in chunks, from two buffers in turn. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  let [current, next] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  let pending = file.read(current, 0, CHUNK);
  try {
    for (;;) {
      const { bytesRead } = await pending;
      if (bytesRead === 0) return;
      pending = file.read(next, 0, CHUNK);
      yield current.subarray(0, bytesRead);
      [current, next] = [next, current];
    }
  } finally {
    await pending.catch(() => undefined);
  }
}

function differs(before: BigIntStats, after: BigIntStats): boolean {
  return before.size !== after.size || before.mtimeNs !== after.mtimeNs;
}
