import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import xz from 'xz-decompress';
import type { Member } from './ar.js';
import type { Meter, Part } from './meter.js';
import { NotAPackage } from './package-file.js';
import { ZstdFrames } from './zstd-frames.js';

/** Takes what came out, piece by piece; it may be used again once the call returns. */
export type Sink = (chunk: Buffer) => void;

/** Unpacks `source` into `sink`. */
type Unpack = (source: AsyncIterable<Buffer>, sink: Sink, meter: Meter) => Promise<void>;

const FORMATS: Readonly<Record<string, Unpack>> = { '.tar': plain, '.gz': gunzip, '.xz': unxz, '.zst': unzstd };

/** Zstandard is fed in small pieces: four bytes may stand for 128 KiB, and all that a piece gives is there at once. */
const PIECE = 4096;

const extensionOf = (name: string): string => name.slice(name.lastIndexOf('.'));

/** Whether this machine can unpack a member of that name: `data.tar.xz`. */
export const isKnownFormat = (name: string): boolean => extensionOf(name) in FORMATS;

/**
 * Unpacks a member of a package to its end, in memory that does not depend on its size, and no further than the meter lets it. Throws
 * NotAPackage where it is damaged, breaks off or is a bomb.
 */
export async function unpack({ name, size, content }: Member, of: Part['of'], sink: Sink, meter: Meter): Promise<void> {
  const format = FORMATS[extensionOf(name)];
  if (!format) throw new NotAPackage(`its ${name} is compressed in a way that is not known`);
  let out = 0;
  const counted = (chunk: Buffer) => {
    out = meter.take(chunk.length, out, { of, size });
    sink(chunk);
  };
  try {
    await format(content(), counted, meter);
  } catch (cause) {
    throw cause instanceof NotAPackage ? cause : new NotAPackage(`its ${name} is damaged`, { cause });
  }
}

async function plain(source: AsyncIterable<Buffer>, sink: Sink): Promise<void> {
  for await (const chunk of source) sink(chunk);
}

async function gunzip(source: AsyncIterable<Buffer>, sink: Sink): Promise<void> {
  const input = Readable.from(source);
  const output = createGunzip({ chunkSize: 64 * 1024 });
  input.once('error', (error) => output.destroy(error));
  try {
    for await (const chunk of input.pipe(output)) sink(chunk as Buffer);
  } finally {
    input.destroy();
  }
}

/** Its dictionary is of 64 MiB at most, as `xz -9` makes it; a larger one is refused. */
async function unxz(source: AsyncIterable<Buffer>, sink: Sink): Promise<void> {
  const bytes = source[Symbol.asyncIterator]();
  const input = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await bytes.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const output = new xz.XzReadableStream(input as ConstructorParameters<typeof xz.XzReadableStream>[0]);
  for await (const chunk of output as unknown as AsyncIterable<Uint8Array>) sink(Buffer.from(chunk));
}

async function unzstd(source: AsyncIterable<Buffer>, sink: Sink, meter: Meter): Promise<void> {
  const frames = new ZstdFrames((bytes) => meter.work(bytes));
  const decoder = new Decompress((chunk) => sink(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE);
      frames.write(piece);
      // It keeps what it has not used yet.
      decoder.push(new Uint8Array(piece));
    }
  }
  decoder.push(new Uint8Array(0), true);
}
