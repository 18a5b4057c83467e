import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** How far a file was handed over. */
export interface FilePlace {
  /** The name that it was last seen under. */
  readonly name: string;
  /** Whether PowerMTA was writing it when it was last seen. */
  readonly current: boolean;
  readonly size: number;
  readonly offset: number;
  readonly headerAt: number;
  /** Records read from it so far. */
  readonly records: number;
}

/** Records that went before they were read. */
export interface Losses {
  readonly files: number;
  readonly bytes: number;
  /** An estimate: nobody read them. */
  readonly records: number;
  /** ISO time of the last one. */
  readonly last: string;
}

/** All that the shipper must not forget. */
export interface Place {
  readonly files: Readonly<Record<string, FilePlace>>;
  /** Length of the file of dead letters. */
  readonly deadLetterBytes: number;
  readonly deadLetters: number;
  readonly delivered: number;
  /** ISO time of the last answer that acknowledged records. */
  readonly acknowledged: string;
  readonly losses: Losses;
}

export const NOWHERE: Place = {
  files: {},
  deadLetterBytes: 0,
  deadLetters: 0,
  delivered: 0,
  acknowledged: '',
  losses: { files: 0, bytes: 0, records: 0, last: '' },
};

/** Keeps a place on disk. */
export interface PlaceStore {
  load(): Promise<Place>;
  save(place: Place): Promise<void>;
}

/** A place in a JSON file, which is the old one or the new one at any time, and never half of one. */
export class PlaceFile implements PlaceStore {
  constructor(private readonly path: string) {}

  async load(): Promise<Place> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return text === undefined ? NOWHERE : { ...NOWHERE, ...(JSON.parse(text) as Place) };
  }

  async save(place: Place): Promise<void> {
    const next = `${this.path}.next`;
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(place));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, this.path);
    await syncFolder(dirname(this.path));
  }
}

/** The rename itself is on disk only with its folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(join(path, '.'), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
