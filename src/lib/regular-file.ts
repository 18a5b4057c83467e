import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { EeError } from './errors.js';
import { systemReason } from './system-reason.js';

/** More than any file that is read as a whole: settings, a configuration, a licence, a key, a bundle. */
const MOST_BYTES = 256 * 1024 * 1024;

/** What stands at a path is not a file that can be read to its end; the message goes on after the file's name. */
export class NotRegularFile extends Error {
  override readonly name = 'NotRegularFile';

  constructor(
    message: string,
    /** As the operating system names it, where it does: EISDIR for a folder. */
    readonly code = 'ENOTREG',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Opens a regular file, or a symbolic link to one, for reading. A named pipe, a device or a socket is refused without waiting for
 * whoever writes to it. Throws NotRegularFile, and what the operating system says.
 */
export async function openRegular(path: string | Buffer, flags = 0): Promise<FileHandle> {
  // O_NONBLOCK: the open of a named pipe waits for a writer otherwise. It means nothing to a regular file.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | flags).catch((error: unknown) => {
    throw isSocket(error) ? new NotRegularFile('it is a socket', 'ENXIO', { cause: error }) : error;
  });
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw new NotRegularFile('it is a folder', 'EISDIR');
    if (!status.isFile()) throw new NotRegularFile(`it is ${kindOf(status)}`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** open(2) of a socket. */
const isSocket = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENXIO';

function kindOf(status: Stats): string {
  if (status.isFIFO()) return 'a named pipe';
  if (status.isCharacterDevice() || status.isBlockDevice()) return 'a device';
  return 'not a file';
}

/** The content of a regular file of at most `most` bytes. Throws NotRegularFile, and what the operating system says. */
export async function readRegular(path: string | Buffer, most = MOST_BYTES): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of file.createReadStream({ autoClose: false, end: most, highWaterMark: 1 << 20 })) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
    }
    if (length > most) throw new NotRegularFile(`it is larger than ${Math.round(most / 1024 / 1024)} MB`);
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
}

/** The same for a file that a setting or a flag names: FILE_UNFIT says which. Other failures are those of the operating system. */
export async function readNamed(path: string, setting: string): Promise<Buffer> {
  return readRegular(path).catch((error: unknown) => refuse(path, setting, error));
}

/** The same for a file that need not exist: nothing where it does not, and FILE_UNFIT for every other failure. */
export async function readNamedIfThere(path: string, setting: string): Promise<Buffer | undefined> {
  return readNamed(path, setting).catch((cause: unknown) => {
    if (!(cause instanceof Error) || cause instanceof EeError || !('code' in cause)) throw cause;
    if (cause.code === 'ENOENT') return undefined;
    throw new EeError('FILE_UNFIT', { path, setting, reason: systemReason(cause) }, { cause });
  });
}

/** Throws FILE_UNFIT for what is not a regular file, and anything else as it is. */
export function refuse(path: string, setting: string, error: unknown): never {
  if (!(error instanceof NotRegularFile)) throw error;
  throw new EeError('FILE_UNFIT', { path, setting, reason: error.message }, { cause: error });
}
