import { createHash } from 'node:crypto';
import { fieldsOf, lineEnd, LONGEST_RECORD, recordEnd } from './csv-records.js';

/** One record of an accounting file. */
export interface AccountingRecord {
  readonly kind: 'record';
  /** The same for the same record, however often it is read. */
  readonly id: string;
  /** By the name of the column; what is empty is left out. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Bytes that are no record. */
export interface BadRecord {
  readonly kind: 'bad';
  readonly id: string;
  readonly raw: string;
  readonly reason: string;
}

export type Item = (AccountingRecord | BadRecord) & {
  /** Offsets in the file: of its first byte, and of the first one after it. */
  readonly start: number;
  readonly end: number;
};

/** Where in a file the reading is. */
export interface Cursor {
  readonly offset: number;
  /** Names of the columns, from the header that is in force here; undefined before the first. */
  readonly columns: readonly string[] | undefined;
  /** Offset of that header. */
  readonly headerAt: number;
}

interface Given {
  /** Identity of the file. */
  readonly file: string;
  /** Bytes of the file from `cursor.offset` on. */
  readonly bytes: Buffer;
  readonly cursor: Cursor;
  /** Nothing will follow these bytes: a record that is not all there is broken, not late. */
  readonly settled: boolean;
  /** How many records at most. */
  readonly most: number;
}

/** Reads the complete records at the beginning of `bytes`, and says where it stopped. */
export function readRecords({ file, bytes, cursor, settled, most }: Given): { items: Item[]; cursor: Cursor } {
  const items: Item[] = [];
  let { columns, headerAt } = cursor;
  let at = 0;
  while (at < bytes.length && items.length < most) {
    const found = nextRecord(bytes, at, columns, settled);
    if (!found) break;
    const raw = bytes.subarray(at, found.end);
    const place = { start: cursor.offset + at, end: cursor.offset + found.end };
    if (found.kind === 'header') [columns, headerAt] = [found.columns, place.start];
    else if (found.kind !== 'blank') {
      const id = eventId(file, place.start, raw);
      items.push(
        found.kind === 'record'
          ? { kind: 'record', id, fields: found.fields, ...place }
          : { kind: 'bad', id, raw: raw.toString('utf8'), reason: found.reason, ...place },
      );
    }
    at = found.end;
  }
  return { items, cursor: { offset: cursor.offset + at, columns, headerAt } };
}

type Found = { readonly end: number } & (
  | { readonly kind: 'header'; readonly columns: readonly string[] }
  | { readonly kind: 'record'; readonly fields: Record<string, string> }
  | { readonly kind: 'bad'; readonly reason: string }
  | { readonly kind: 'blank' }
);

/**
 * What begins at `at`; undefined where it is not all there yet. Of what is no record only its first line is given up, since the next
 * line may be a good one: a quote that a torn record left open must not swallow all that follows.
 */
function nextRecord(
  bytes: Buffer,
  at: number,
  columns: readonly string[] | undefined,
  settled: boolean,
): Found | undefined {
  const end = recordEnd(bytes, at);
  if (end === undefined) {
    if (bytes.length - at < LONGEST_RECORD && !settled) return undefined;
    return { kind: 'bad', end: lineEnd(bytes, at) ?? bytes.length, reason: 'it is not complete' };
  }
  const line = bytes.subarray(at, end);
  if (line.toString('latin1').trim() === '') return { kind: 'blank', end };
  const bad = (reason: string): Found => ({ kind: 'bad', end: lineEnd(bytes, at) ?? end, reason });
  if (end - at > LONGEST_RECORD) return bad(`it is longer than ${LONGEST_RECORD} bytes`);
  const fields = fieldsOf(line);
  if (!fields) return bad('it is not CSV');
  if (fields[0] === 'type') return { kind: 'header', end, columns: fields };
  if (!columns) return bad('no header line is before it');
  if (fields.length !== columns.length)
    return bad(`it has ${fields.length} fields where the header has ${columns.length}`);
  return { kind: 'record', end, fields: named(columns, fields) };
}

function named(columns: readonly string[], fields: readonly string[]): Record<string, string> {
  const entries = columns.flatMap((name, index): [string, string][] => {
    const value = fields[index] ?? '';
    return value === '' ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

/** SHA-256 of the file, the offset in it and the bytes there. */
function eventId(file: string, offset: number, raw: Buffer): string {
  return createHash('sha256').update(`${file}\n${offset}\n`).update(raw).digest('hex');
}
