import { open } from 'node:fs/promises';
import type { Place } from './place.js';

/** A record that the receiver will not take, or bytes that are no record. */
export interface DeadLetter {
  readonly id: string;
  readonly file: string;
  readonly offset: number;
  readonly reason: string;
  readonly record: unknown;
}

/**
 * A file with a dead letter a line. What a killed run added without having noted it in its place is cut off first: those records come
 * again. An operator may move the file away at any time.
 */
export class DeadLetters {
  constructor(private readonly path: string) {}

  /** Adds the letters; on disk when it returns. Gives the length that the file has now. */
  async add(letters: readonly DeadLetter[], { deadLetterBytes }: Place): Promise<number> {
    const file = await open(this.path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      if (size > deadLetterBytes) await file.truncate(deadLetterBytes);
      await file.appendFile(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
      await file.sync();
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  }
}
