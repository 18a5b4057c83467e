import { type AccountingFiles, type AccountingFile } from './accounting-files.js';
import { reckon, type Loss } from './bookkeeping.js';
import type { DeadLetter, DeadLetters } from './dead-letters.js';
import { deliver, type Outcome, type Receiver } from './delivery.js';
import { FileReader, type Part } from './file-reader.js';
import type { Place, PlaceStore } from './place.js';
import type { AccountingRecord } from './records.js';

/** What the shipper works with. */
export interface Ports {
  readonly files: AccountingFiles;
  readonly store: PlaceStore;
  readonly deadLetters: DeadLetters;
  readonly receiver: Receiver;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly report: Report;
}

/** Who hears of what happens. */
export interface Report {
  /** A try failed; the next one is that many milliseconds away. */
  failed(reason: string, again: number): void;
  lost(loss: Loss): void;
  dead(letter: DeadLetter): void;
  /** The place changed, or what is known of the files. */
  moved(place: Place): void;
}

/** Records of one batch. */
const MOST = 500;

/**
 * Hands the records of the accounting files over, oldest first. The place moves on only when the receiver has a batch and the disk has the
 * place: killed anywhere, the next one sends the last batch again, which the receiver must know.
 */
export class Shipper {
  /** Missing in the last round: a rename can hide a file from one look into its folder, never from two. */
  #missing = new Set<string>();

  private constructor(
    private readonly ports: Ports,
    private place: Place,
  ) {}

  static async resume(ports: Ports): Promise<Shipper> {
    const place = await ports.store.load();
    ports.report.moved(place);
    return new Shipper(ports, place);
  }

  /** Goes through all files once; gives the number of records that left. */
  async round(signal: AbortSignal): Promise<number> {
    const found = await this.ports.files.list();
    await this.#reckon(found);
    let handled = 0;
    for (const file of found) {
      const { size, offset } = this.place.files[file.id] ?? { size: 0, offset: 0 };
      if (size > offset) handled += await this.#ship(file, signal);
    }
    return handled;
  }

  async #reckon(found: readonly AccountingFile[]): Promise<void> {
    const present = new Set(found.map(({ id }) => id));
    const missing = Object.keys(this.place.files).filter((id) => !present.has(id));
    const gone = new Set(missing.filter((id) => this.#missing.has(id)));
    this.#missing = new Set(missing);
    const { place, losses } = reckon(this.place, found, gone, new Date());
    if (JSON.stringify(place) !== JSON.stringify(this.place)) await this.#move(place);
    for (const loss of losses) this.ports.report.lost(loss);
  }

  async #ship(file: AccountingFile, signal: AbortSignal): Promise<number> {
    const reader = await FileReader.open(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // renamed since: the next round finds it
    });
    const start = this.place.files[file.id];
    if (!reader || !start) return 0;
    try {
      let handled = 0;
      let cursor = await reader.cursorAt(start);
      for (;;) {
        const part = await reader.read(cursor, MOST);
        if (part.cursor.offset === cursor.offset) return handled;
        await this.#hand(file, part, signal);
        cursor = part.cursor;
        handled += part.items.length;
      }
    } finally {
      await reader.close();
    }
  }

  async #hand(file: AccountingFile, { items, cursor }: Part, signal: AbortSignal): Promise<void> {
    const { receiver, wait, report } = this.ports;
    const records = items.filter((item) => item.kind === 'record');
    const outcome = await deliver(records, { receiver, wait, signal, onFailure: (...told) => report.failed(...told) });
    const name = this.place.files[file.id]?.name ?? file.path;
    const letters = [
      ...items.flatMap((item): DeadLetter[] =>
        item.kind === 'bad'
          ? [{ id: item.id, file: name, offset: item.start, reason: item.reason, record: item.raw }]
          : [],
      ),
      ...outcome.refused.map(({ record, reason }) => refusedLetter(name, record, items, reason)),
    ];
    const bytes = letters.length > 0 ? await this.ports.deadLetters.add(letters, this.place) : undefined;
    await this.#move(advanced(this.place, file.id, items.length, cursor, outcome, letters.length, bytes));
    for (const letter of letters) report.dead(letter);
  }

  async #move(place: Place): Promise<void> {
    await this.ports.store.save(place);
    this.place = place;
    this.ports.report.moved(place);
  }
}

function refusedLetter(file: string, record: AccountingRecord, items: Part['items'], reason: string): DeadLetter {
  const offset = items.find(({ id }) => id === record.id)?.start ?? 0;
  return { id: record.id, file, offset, reason, record: record.fields };
}

function advanced(
  place: Place,
  id: string,
  records: number,
  { offset, headerAt }: Part['cursor'],
  { accepted, duplicate }: Outcome,
  letters: number,
  letterBytes: number | undefined,
): Place {
  const before = place.files[id];
  if (!before) throw new Error(`no place of the file ${id}`);
  const delivered = accepted + duplicate;
  return {
    ...place,
    files: {
      ...place.files,
      [id]: {
        ...before,
        offset,
        headerAt,
        size: Math.max(before.size, offset),
        records: before.records + records,
      },
    },
    deadLetterBytes: letterBytes ?? place.deadLetterBytes,
    deadLetters: place.deadLetters + letters,
    delivered: place.delivered + delivered,
    acknowledged: delivered > 0 ? new Date().toISOString() : place.acknowledged,
  };
}
