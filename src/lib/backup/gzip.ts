import { createGunzip, type Gunzip } from 'node:zlib';
import { error, type Problem } from './report.js';

/** Output in large chunks: at zlib's default of 16 KiB the calls cost as much as the inflating. */
const CHUNK = 256 * 1024;

/** Beyond this much output a ratio above the limit is a bomb; below it, it is a small file that compresses well. */
const RATIO_FLOOR = 16 * 1024 * 1024;

export interface InflateLimits {
  /** Output bytes per input byte. */
  readonly ratio: number;
  readonly bytes: number;
}

export const INFLATE_LIMITS: InflateLimits = { ratio: 200, bytes: 64 * 1024 ** 3 };

/**
 * Inflates gzip as it is read and tells what is wrong with it: all members to the end of the last one, with nothing after it.
 * Node's own Gunzip is silent about zeros after the last member, so the bytes it consumed are counted against those given.
 */
export class GzipCheck {
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: CHUNK });
  readonly #limits: InflateLimits;
  /** After an error the callback of a write is never called; the stream closes instead. */
  readonly #closed: Promise<void>;
  #given = 0;
  #produced = 0;
  #start = Buffer.alloc(0);
  #ended = false;
  #restIsZero = true;
  #problem: Problem | undefined;

  constructor(onData: (chunk: Buffer) => void, limits: InflateLimits = INFLATE_LIMITS) {
    this.#limits = limits;
    this.#closed = new Promise((resolve) => this.#gunzip.once('close', resolve));
    this.#gunzip.on('error', (cause: NodeJS.ErrnoException) => (this.#problem ??= this.#explain(cause)));
    this.#gunzip.on('end', () => (this.#ended = true));
    this.#gunzip.on('data', (chunk: Buffer) => {
      if (this.#problem !== undefined) return;
      this.#produced += chunk.length;
      if (this.#overLimit()) this.#gunzip.destroy();
      else onData(chunk);
    });
  }

  get produced(): number {
    return this.#produced;
  }

  /** Takes the next bytes of the file; they may be overwritten once this resolves. */
  async write(chunk: Buffer): Promise<void> {
    if (this.#start.length < 2) this.#start = Buffer.concat([this.#start, chunk.subarray(0, 2)]);
    const consumedBefore = this.#given;
    this.#given += chunk.length;
    if (this.#problem === undefined && !this.#ended && !this.#gunzip.destroyed) {
      const taken = new Promise<void>((resolve) => this.#gunzip.write(chunk, () => setImmediate(resolve)));
      await Promise.race([taken, this.#closed]);
    }
    if (this.#ended && this.#problem === undefined) {
      const rest = chunk.subarray(Math.max(0, this.#gunzip.bytesWritten - consumedBefore));
      this.#restIsZero &&= rest.every((byte) => byte === 0);
    }
  }

  /** The end of the file: what was wrong, or undefined when it is sound. */
  async end(): Promise<Problem | undefined> {
    if (this.#problem === undefined && !this.#ended && !this.#gunzip.destroyed) {
      this.#gunzip.end();
      await this.#closed;
    }
    const consumed = this.#gunzip.bytesWritten;
    this.#gunzip.destroy();
    if (this.#problem !== undefined) return this.#problem;
    const rest = this.#given - consumed;
    if (rest > 0 && this.#restIsZero) {
      return error('GZIP_ZERO_PADDING', `${rest} zero bytes follow the end of the gzip data, at byte ${consumed}`);
    }
    if (rest > 0) return this.#trailing();
    return this.#produced === 0 ? error('GZIP_EMPTY', 'a valid gzip file that holds nothing') : undefined;
  }

  #trailing(): Problem {
    return error('GZIP_TRAILING', 'other bytes follow the end of the gzip data');
  }

  #overLimit(): boolean {
    if (this.#produced > this.#limits.bytes) {
      this.#problem = error('BOMB_SIZE', `it inflates to more than ${this.#limits.bytes} bytes; reading stopped there`);
    } else if (this.#produced > RATIO_FLOOR && this.#produced > this.#given * this.#limits.ratio) {
      this.#problem = error(
        'BOMB_RATIO',
        `it inflates to over ${this.#limits.ratio} times its size; reading stopped there`,
      );
    }
    return this.#problem !== undefined;
  }

  #explain(cause: NodeJS.ErrnoException): Problem {
    if (cause.code === 'Z_BUF_ERROR') {
      return error('GZIP_TRUNCATED', 'truncated: the file ends before the gzip data does; the copy was cut short');
    }
    const near = `after ${this.#produced} good bytes`;
    if (!this.#start.equals(Buffer.from([0x1f, 0x8b])))
      return error('NOT_GZIP', 'not a gzip file: it does not begin as one');
    switch (cause.message) {
      case 'incorrect header check':
        return this.#trailing();
      case 'incorrect data check':
        return error('GZIP_CHECKSUM', `corrupt: the CRC-32 of the content is not the stored one, ${near}`);
      case 'incorrect length check':
        return error('GZIP_LENGTH', `corrupt: the length of the content is not the stored one, ${near}`);
      default:
        return error('GZIP_CORRUPT', `corrupt: the compressed data is damaged (${cause.message}), ${near}`);
    }
  }
}
