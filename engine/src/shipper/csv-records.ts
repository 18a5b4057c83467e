import { parse } from 'csv-parse/sync';

/** A record that takes more bytes than this is none: a quote was left open, by a power cut for instance. */
export const LONGEST_RECORD = 128 * 1024;

const [QUOTE, COMMA, LINE_FEED] = [0x22, 0x2c, 0x0a];

/**
 * Where the record that begins at `start` ends, its line end included (RFC 4180): a quoted field may hold line breaks. Undefined while
 * it is not all there. The bytes of ASCII stand for nothing else in UTF-8, so nothing needs decoding.
 */
export function recordEnd(bytes: Buffer, start: number): number | undefined {
  let quoted = false;
  let fieldStart = true;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quoted) {
      if (byte !== QUOTE) continue;
      if (bytes[at + 1] === QUOTE) at++;
      else quoted = false;
    } else if (byte === LINE_FEED) {
      return at + 1;
    } else if (byte === QUOTE && fieldStart) {
      quoted = true;
      fieldStart = false;
    } else {
      fieldStart = byte === COMMA;
    }
  }
  return undefined;
}

/** Where the line that begins at `start` ends, whatever is in it: the way on after a record that is none. */
export function lineEnd(bytes: Buffer, start: number): number | undefined {
  const at = bytes.indexOf(LINE_FEED, start);
  return at < 0 ? undefined : at + 1;
}

/** The fields of one record, or undefined where it is not CSV. */
export function fieldsOf(record: Buffer): string[] | undefined {
  try {
    const rows: string[][] = parse(record, { record_delimiter: ['\r\n', '\n'], bom: true });
    return rows.length === 1 ? rows[0] : undefined;
  } catch {
    return undefined;
  }
}
