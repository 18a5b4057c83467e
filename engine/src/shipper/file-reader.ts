import { open, type FileHandle } from 'node:fs/promises';
import { identityOf, type AccountingFile } from './accounting-files.js';
import { fieldsOf, LONGEST_RECORD, recordEnd } from './csv-records.js';
import type { FilePlace } from './place.js';
import { readRecords, type Cursor, type Item } from './records.js';

/** Bytes that are looked at at once: with the number of records, what bounds a batch and the memory. */
const WINDOW = 2 * LONGEST_RECORD;

/** A part of a file: the records in it, and where the next part begins. */
export interface Part {
  readonly items: readonly Item[];
  readonly cursor: Cursor;
}

/**
 * Reads a file on from a place, part by part. The file stays open meanwhile, so that it can be renamed or deleted without a loss.
 * Undefined where the path has got another file since it was listed.
 */
export class FileReader {
  private constructor(
    private readonly handle: FileHandle,
    private readonly file: AccountingFile,
  ) {}

  static async open(file: AccountingFile): Promise<FileReader | undefined> {
    const handle = await open(file.path, 'r');
    if ((await identityOf(handle, file.settled)) === file.id) return new FileReader(handle, file);
    await handle.close();
    return undefined;
  }

  /** Where the place is, with the names of the columns there. */
  async cursorAt({ offset, headerAt }: FilePlace): Promise<Cursor> {
    if (offset === 0) return { offset, headerAt: 0, columns: undefined };
    const bytes = await this.#read(headerAt, LONGEST_RECORD);
    const end = recordEnd(bytes, 0);
    const fields = end === undefined ? undefined : fieldsOf(bytes.subarray(0, end));
    return { offset, headerAt, columns: fields?.[0] === 'type' ? fields : undefined };
  }

  /** The next part, with `most` records at most; its cursor has not moved where nothing is complete yet. */
  async read(cursor: Cursor, most: number): Promise<Part> {
    const bytes = await this.#read(cursor.offset, WINDOW);
    const settled = this.file.settled && bytes.length < WINDOW;
    return readRecords({ file: this.file.id, bytes, cursor, settled, most });
  }

  async #read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.handle.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
