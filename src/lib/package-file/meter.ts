import { NotAPackage } from './package-file.js';

/** How much is read of a package before it counts as a trap. */
export interface Limits {
  /** Bytes of the description and the scripts, unpacked. */
  readonly control: number;
  /** Bytes of the files, unpacked. */
  readonly data: number;
  /** Bytes out for one in, of what is larger than `ratioFrom`. */
  readonly ratio: number;
  readonly ratioFrom: number;
  /** Bytes of memory that a decompressor may move for it: many small blocks in a large window cost time and give nothing. */
  readonly work: number;
}

const MIB = 1024 * 1024;

/** PowerMTA unpacks to some 100 MB, and no package to more than some 20 times its size. */
export const LIMITS: Limits = {
  control: 16 * MIB,
  data: 1024 * MIB,
  ratio: 200,
  ratioFrom: 64 * MIB,
  work: 64 * 1024 * MIB,
};

/** A member of a package that is being unpacked. */
export interface Part {
  readonly of: 'control' | 'data';
  /** As it is in the file. */
  readonly size: number;
}

/** Counts what decompressing a package costs, and ends it where that is more than any package takes. */
export class Meter {
  readonly limits: Limits;
  /** Bytes that came out of decompressors. */
  bytes = 0;
  /** Bytes that decompressors moved for it. */
  moved = 0;

  constructor(limits: Limits = LIMITS) {
    this.limits = limits;
  }

  /** Counts bytes of a member, of which `before` came out already; gives how many those are now. */
  take(bytes: number, before: number, part: Part): number {
    const { ratio, ratioFrom } = this.limits;
    this.bytes += bytes;
    const out = before + bytes;
    if (out > this.limits[part.of]) {
      throw new NotAPackage(`its ${part.of} part unpacks to more than ${Math.round(this.limits[part.of] / MIB)} MiB`);
    }
    if (out > ratioFrom && out > part.size * ratio) {
      throw new NotAPackage(`its ${part.of} part unpacks to more than ${ratio} times its size`);
    }
    return out;
  }

  work(bytes: number): void {
    this.moved += bytes;
    if (this.moved > this.limits.work) throw new NotAPackage('it takes more work to unpack than any package does');
  }
}
