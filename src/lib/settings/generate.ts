import { randomInt } from 'node:crypto';
import { isPlaceholder } from './placeholder.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A secret of 32 letters and digits (190 bits): nothing in it needs escaping anywhere (R11). */
export function generateSecret(): string {
  for (;;) {
    const secret = Array.from({ length: 32 }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
    if (!isPlaceholder(secret)) return secret; // one in a million begins with xxx
  }
}
