import { open, stat, type FileHandle } from 'node:fs/promises';
import { EeError } from '../errors.js';
import { NotRegularFile, openRegular } from '../regular-file.js';

/** More than any configuration; what is larger, or does not end, was named by mistake. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Where the shell puts the pipes that it makes: `ee pmta check <(zcat backup.gz)`. Somebody writes to those. */
const PIPE_OF_SHELL = /^\/(dev|proc)\//;

/** The bytes of a configuration, from a file, a pipe of the shell or a symbolic link to one. */
export async function readConfiguration(file: string): Promise<Buffer> {
  try {
    if (!PIPE_OF_SHELL.test(file) && (await stat(file)).isFIFO()) throw unreadable(file, 'is a named pipe');
    const handle = await open(file, 'r');
    try {
      return await contentOf(file, handle);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw cause instanceof EeError ? cause : unreadable(file, reasonOf(cause), cause);
  }
}

/** The bytes of a file that nobody named: a pipe that takes its place, and would never end, is refused. */
export async function readRegularFile(file: string): Promise<Buffer> {
  const handle = await openRegular(file).catch((cause: unknown) => {
    throw cause instanceof NotRegularFile ? unreadable(file, 'is not a regular file', cause) : cause;
  });
  try {
    return await contentOf(file, handle);
  } finally {
    await handle.close();
  }
}

async function contentOf(file: string, handle: FileHandle): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(1024 * 1024);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    length += bytesRead;
    if (length > MOST_BYTES) throw unreadable(file, 'is larger than 256 MB');
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
  ELOOP: 'is a symbolic link that leads to itself',
  ENXIO: 'is a socket',
};

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return REASONS[code] ?? 'cannot be read';
}

function unreadable(file: string, reason: string, cause?: unknown): EeError {
  return new EeError(
    'USAGE',
    { message: `${file} ${reason}.`, hint: 'Name a PowerMTA configuration, or - for standard input.' },
    { cause },
  );
}
