/** RFC 8878: a frame has a header, blocks with three bytes in front of each, and maybe a checksum. */
const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
/** What `zstd --ultra -22` uses. A decompressor keeps the whole window in memory. */
const MOST_WINDOW = 128 * 1024 * 1024;
const [RLE, RESERVED] = [1, 3];

type Step = 'magic' | 'skippable' | 'descriptor' | 'header' | 'block' | 'frame end';

/**
 * Reads the frames and blocks of Zstandard data as it passes, without decompressing it, and tells `charge` how many bytes of
 * memory a decompressor moves for each: its window. Throws for what is not Zstandard, and for a window that no package has.
 */
export class ZstdFrames {
  #step: Step = 'magic';
  #head = Buffer.alloc(16);
  #have = 0;
  #need = 4;
  #skip = 0;
  #descriptor = 0;
  #window = 0;
  #isLast = false;

  constructor(private readonly charge: (bytes: number) => void) {}

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else {
        const taken = chunk.copy(this.#head, this.#have, at, Math.min(chunk.length, at + this.#need - this.#have));
        this.#have += taken;
        at += taken;
      }
      while (this.#skip === 0 && this.#have === this.#need) this.#next();
    }
  }

  #next(): void {
    const head = this.#head;
    switch (this.#step) {
      case 'magic':
        return this.#begin(head.readUInt32LE(0));
      case 'skippable':
        this.#expect('magic', 4);
        this.#skip = head.readUInt32LE(0);
        return;
      case 'descriptor':
        this.#descriptor = head[0] ?? 0;
        return this.#expect('header', this.#headerLength());
      case 'header':
        this.#window = this.#windowSize();
        if (this.#window > MOST_WINDOW) throw new Error(`it needs a window of ${this.#window} bytes`);
        this.charge(this.#window);
        return this.#expect('block', 3);
      case 'block':
        return this.#block(head.readUIntLE(0, 3));
      case 'frame end':
        return this.#expect('magic', 4);
    }
  }

  #expect(step: Step, need: number): void {
    this.#step = step;
    this.#need = need;
    this.#have = 0;
  }

  #begin(magic: number): void {
    if (magic === FRAME) return this.#expect('descriptor', 1);
    if ((magic & 0xfffffff0) >>> 0 !== SKIPPABLE) throw new Error('it is not Zstandard');
    this.#expect('skippable', 4);
  }

  get #isSingle(): boolean {
    return (this.#descriptor & 0x20) !== 0;
  }

  /** Bytes of the window descriptor, of the number of a dictionary, and of the size of the content. */
  get #lengths(): readonly [number, number, number] {
    const flag = this.#descriptor >> 6;
    const size = flag === 0 ? (this.#isSingle ? 1 : 0) : 1 << flag;
    return [this.#isSingle ? 0 : 1, [0, 1, 2, 4][this.#descriptor & 3] ?? 0, size];
  }

  #headerLength(): number {
    return this.#lengths.reduce((sum, length) => sum + length, 0);
  }

  #windowSize(): number {
    const [window, dictionary, size] = this.#lengths;
    if (window === 1) {
      const described = this.#head[0] ?? 0;
      const base = 2 ** (10 + (described >> 3));
      return base + (base / 8) * (described & 7);
    }
    const at = window + dictionary;
    if (size === 8) return Number(this.#head.readBigUInt64LE(at));
    return this.#head.readUIntLE(at, size) + (size === 2 ? 256 : 0);
  }

  #block(header: number): void {
    this.#isLast = (header & 1) === 1;
    const [kind, size] = [(header >> 1) & 3, header >> 3];
    if (kind === RESERVED) throw new Error('a block of it is of no known kind');
    this.charge(this.#window);
    const checksum = (this.#descriptor & 4) === 0 ? 0 : 4;
    if (this.#isLast) this.#expect('frame end', checksum);
    else this.#expect('block', 3);
    this.#skip = kind === RLE ? 1 : size;
  }
}
