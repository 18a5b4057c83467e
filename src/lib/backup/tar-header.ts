import { isUtf8 } from 'node:buffer';

/** The size of a tar block; everything in a tar file is a whole number of them (POSIX.1-2017, pax, "ustar Interchange Format"). */
export const BLOCK = 512;

/** One header block, its fields as they stand there. */
export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  /** The type flag: `0` file, `1` hard link, `2` symbolic link, `5` directory, and so on. */
  readonly type: string;
  readonly linkTarget: string;
}

/** Reads a header block; undefined when its checksum or one of its numbers is not right. */
export function parseHeader(block: Buffer): TarHeader | undefined {
  const checksum = numberField(block, 148, 8);
  if (checksum === undefined || !checksumsOf(block).includes(checksum)) return undefined;
  const size = numberField(block, 124, 12);
  const mode = numberField(block, 100, 8);
  if (size === undefined || mode === undefined) return undefined;
  // GNU's own format ("ustar  ") keeps times where POSIX keeps the prefix.
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textField(block, 345, 155) : '';
  const name = textField(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode,
    size,
    type: String.fromCharCode(block[156] ?? 0),
    linkTarget: textField(block, 157, 100),
  };
}

/** Text as UTF-8 where it is that, else byte for byte, so that two different names never become one. */
export function decodeName(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** The records of a pax extended header: `length key=value\n` each. Undefined when they are malformed. */
export function parsePax(body: Buffer): Map<string, string> | undefined {
  const records = new Map<string, string>();
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? NaN : Number(body.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= 0 || at + length > body.length || body[at + length - 1] !== 0x0a)
      return undefined;
    const equals = body.indexOf(0x3d, space);
    if (equals < 0 || equals >= at + length) return undefined;
    records.set(decodeName(body.subarray(space + 1, equals)), decodeName(body.subarray(equals + 1, at + length - 1)));
    at += length;
  }
  return records;
}

function textField(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return decodeName(end < 0 ? field : field.subarray(0, end));
}

/** An octal number, or a base-256 one (first bit set) as GNU writes for large values. */
function numberField(block: Buffer, start: number, length: number): number | undefined {
  const field = block.subarray(start, start + length);
  const first = field[0] ?? 0;
  if (first & 0x80) {
    if (first !== 0x80) return undefined; // negative, or larger than anything real
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
  }
  const text = field.toString('latin1').replace(/\0.*$/s, '').trim();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? parseInt(text, 8) : undefined;
}

/** The sum of all bytes with the checksum field as spaces; some old programs summed signed bytes. */
function checksumsOf(block: Buffer): readonly [unsigned: number, signed: number] {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) continue;
    const byte = block[i] ?? 0;
    unsigned += byte;
    if (byte > 127) high++;
  }
  return [unsigned, unsigned - 256 * high];
}
