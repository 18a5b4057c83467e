import { basename } from 'node:path';
import type { AccountingFile } from './accounting-files.js';
import type { FilePlace, Place } from './place.js';

/** Something that went before it was read. */
export interface Loss {
  readonly file: string;
  readonly bytes: number;
  readonly records: number;
  readonly why: string;
}

/** A place brought up to what is in the folder, and what of it is lost. */
export interface Reckoning {
  readonly place: Place;
  readonly losses: readonly Loss[];
}

const NEW: Pick<FilePlace, 'offset' | 'headerAt' | 'records'> = { offset: 0, headerAt: 0, records: 0 };

/**
 * Compares the files that are there with those of the place. A file that is gone for good (`gone`) is forgotten; with records unread it
 * is a loss, and so is one that nobody saw the end of. A file that shrank goes on at its end.
 */
export function reckon(
  place: Place,
  found: readonly AccountingFile[],
  gone: ReadonlySet<string>,
  now: Date,
): Reckoning {
  const files: Record<string, FilePlace> = {};
  const losses: Loss[] = [];
  for (const [id, was] of Object.entries(place.files)) {
    if (!gone.has(id)) files[id] = was;
    else if (was.current || was.size > was.offset) losses.push(lossOf(was, 'it was deleted before it was handed over'));
  }
  for (const { id, path, size, current } of found) {
    const was = files[id] ?? { ...NEW, size: 0 };
    const name = basename(path);
    const shrank = size < was.offset;
    if (size < was.size) losses.push(lossOf({ ...was, name, current }, 'it was cut short'));
    files[id] = { ...was, name, current, size, offset: shrank ? size : was.offset };
  }
  return { place: { ...place, files, losses: added(place.losses, losses, now) }, losses };
}

/** Nobody read what is lost: how many records it was follows from what was read of the file. */
function lossOf({ name, size, offset, records }: FilePlace, why: string): Loss {
  const bytes = Math.max(0, size - offset);
  const estimate = bytes === 0 ? 0 : Math.max(1, Math.round(offset === 0 ? 0 : (bytes * records) / offset));
  return { file: name, bytes, records: estimate, why };
}

function added(before: Place['losses'], losses: readonly Loss[], now: Date): Place['losses'] {
  if (losses.length === 0) return before;
  return {
    files: before.files + losses.length,
    bytes: losses.reduce((sum, { bytes }) => sum + bytes, before.bytes),
    records: losses.reduce((sum, { records }) => sum + records, before.records),
    last: now.toISOString(),
  };
}

/** Bytes that are not handed over yet. */
export function lagOf({ files }: Place): number {
  return Object.values(files).reduce((sum, { size, offset }) => sum + Math.max(0, size - offset), 0);
}
