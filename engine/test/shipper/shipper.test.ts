import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { AccountingFiles } from '../../src/shipper/accounting-files.js';
import { DeadLetters, type DeadLetter } from '../../src/shipper/dead-letters.js';
import type { Answer } from '../../src/shipper/delivery.js';
import type { Loss } from '../../src/shipper/bookkeeping.js';
import { PlaceFile, type Place } from '../../src/shipper/place.js';
import type { AccountingRecord } from '../../src/shipper/records.js';
import { Shipper } from '../../src/shipper/shipper.js';

const HEADER = 'type,timeLogged,rcpt,dsnDiag\r\n';
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** PowerMTA's side: one file that is written, and rotated siblings. */
class Writer {
  readonly path: string;
  #rotations = 0;
  #pending = '';
  readonly written: string[] = [];

  constructor(readonly folder: string) {
    this.path = join(folder, 'ee-acct.csv');
  }

  /** A record, of which only a part is written now where `part` says so; the next write completes it. */
  record(part = 1): void {
    const name = `r${this.written.length}`;
    this.written.push(name);
    const line = `b,1700000000,${name},"550 no\r\n""${name}"", really é"\r\n`;
    this.#flush();
    const bytes = Buffer.from(line);
    const cut = Math.ceil(bytes.length * part);
    appendFileSync(this.path, Buffer.concat([Buffer.from(this.#header()), bytes.subarray(0, cut)]));
    this.#pending = bytes.subarray(cut).toString('latin1');
  }

  #header = (): string => (existsSync(this.path) ? '' : HEADER);

  #flush(): void {
    if (this.#pending !== '') appendFileSync(this.path, Buffer.from(this.#pending, 'latin1'));
    this.#pending = '';
  }

  rotate(): void {
    this.#flush();
    if (!existsSync(this.path)) return;
    renameSync(this.path, join(this.folder, `ee-acct-2026-11-24-${String(this.#rotations++).padStart(4, '0')}.csv`));
  }

  finish(): void {
    this.#flush();
  }
}

/** The API's side: what it was sent, and how often. It keeps a record once, by its id. */
class Receiver {
  readonly kept = new Map<string, AccountingRecord>();
  refuses: (record: AccountingRecord) => boolean = () => false;

  take(records: readonly AccountingRecord[]): Answer {
    if (records.some(this.refuses)) return { kind: 'refused', reason: 'not this one' };
    const fresh = records.filter(({ id }) => !this.kept.has(id));
    for (const record of fresh) this.kept.set(record.id, record);
    return { kind: 'accepted', accepted: fresh.length, duplicate: records.length - fresh.length };
  }

  names = (): string[] => [...this.kept.values()].map(({ fields }) => fields['rcpt'] ?? '').sort(byNumber);
}
const byNumber = (one: string, other: string): number => Number(one.slice(1)) - Number(other.slice(1));

class Killed extends Error {}

interface World {
  readonly writer: Writer;
  readonly receiver: Receiver;
  readonly losses: Loss[];
  readonly dead: DeadLetter[];
  readonly deadLetterFile: string;
  /** A shipper that has just started; `crash` says at each point whether it dies there. */
  start(crash?: () => boolean): Promise<Shipper>;
}

function world(): World {
  const folder = mkdtempSync(join(tmpdir(), 'ee-shipper-'));
  folders.push(folder);
  const writer = new Writer(folder);
  const receiver = new Receiver();
  const losses: Loss[] = [];
  const dead: DeadLetter[] = [];
  const deadLetterFile = join(folder, 'dead-letters.jsonl');
  return {
    writer,
    receiver,
    losses,
    dead,
    deadLetterFile,
    start(crash = () => false) {
      const die = (): void => {
        if (crash()) throw new Killed();
      };
      const onDisk = new PlaceFile(join(folder, 'place.json'));
      return Shipper.resume({
        files: new AccountingFiles(writer.path, 0),
        store: {
          load: () => onDisk.load(),
          async save(place: Place) {
            die();
            await onDisk.save(place);
            die();
          },
        },
        deadLetters: new DeadLetters(deadLetterFile),
        receiver: {
          async send(records) {
            die();
            const answer = receiver.take(records);
            die();
            return Promise.resolve(answer);
          },
        },
        wait: () => Promise.resolve(),
        report: {
          failed: () => undefined,
          lost: (loss) => losses.push(loss),
          dead: (letter) => dead.push(letter),
          moved: () => undefined,
        },
      });
    },
  };
}
const signal = new AbortController().signal;

type Step = { kind: 'write'; count: number } | { kind: 'part'; share: number } | { kind: 'rotate' } | { kind: 'ship' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('part' as const),
      share: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'rotate' as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'ship' as const }) },
);

describe('the shipper', () => {
  it('[R112] hands every record over exactly once, killed anywhere, rotated anywhere, half-written anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 99 })),
        fc.integer({ min: 0, max: 40 }),
        async (steps, dice, risk) => {
          const { writer, receiver, losses, dead, start } = world();
          const crash = (): boolean => Number(dice.next().value) < risk;
          let shipper = await start(crash);
          for (const one of steps) {
            if (one.kind === 'write') for (let count = 0; count < one.count; count++) writer.record();
            else if (one.kind === 'part') writer.record(one.share);
            else if (one.kind === 'rotate') writer.rotate();
            else {
              try {
                await shipper.round(signal);
              } catch (error) {
                if (!(error instanceof Killed)) throw error;
                shipper = await start(crash);
              }
            }
          }
          writer.finish();
          const last = await start();
          for (let round = 0; round < 3; round++) await last.round(signal);
          expect(receiver.names()).toEqual(writer.written);
          expect([losses, dead]).toEqual([[], []]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('[R112] puts the records that the API refuses aside once, with the reason, and goes on; killed anywhere too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.integer({ min: 0, max: 99 })),
        fc.integer({ min: 0, max: 40 }),
        async (dice, risk) => {
          const { writer, receiver, deadLetterFile, start } = world();
          receiver.refuses = ({ fields }) => ['r3', 'r17'].includes(fields['rcpt'] ?? '');
          for (let count = 0; count < 25; count++) writer.record();
          for (let attempt = 0; ; attempt++) {
            const shipper = await start(() => attempt < 30 && Number(dice.next().value) < risk);
            try {
              await shipper.round(signal);
              break;
            } catch (error) {
              if (!(error instanceof Killed)) throw error;
            }
          }
          const letters = readFileSync(deadLetterFile, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as DeadLetter);
          expect(letters.map(({ record }) => (record as { rcpt: string }).rcpt)).toEqual(['r3', 'r17']);
          expect(letters[0]).toMatchObject({ file: 'ee-acct.csv', reason: 'not this one' });
          expect(receiver.names()).toEqual(writer.written.filter((name) => !['r3', 'r17'].includes(name)));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('knows a file by its content: a renamed folder, another inode or another host change nothing', async () => {
    const { writer, receiver, start } = world();
    for (let count = 0; count < 5; count++) writer.record();
    await (await start()).round(signal);
    const text = readFileSync(writer.path);
    rmSync(writer.path);
    writeFileSync(writer.path, text);
    writer.record();
    expect(await (await start()).round(signal)).toBe(1);
    expect(receiver.names()).toEqual(writer.written);
  });

  it('[R112] says which file was deleted unread, and how much was in it', async () => {
    const { writer, losses, start } = world();
    for (let count = 0; count < 4; count++) writer.record();
    await (await start()).round(signal);
    const before = statSync(writer.path).size;
    for (let count = 0; count < 2; count++) writer.record();
    writer.rotate();
    const rotated = join(writer.folder, 'ee-acct-2026-11-24-0000.csv');
    const unread = statSync(rotated).size - before;
    let calls = 0;
    await expect((await start(() => ++calls === 3)).round(signal)).rejects.toThrow(Killed);

    rmSync(rotated);
    const shipper = await start();
    await shipper.round(signal);
    expect(losses).toEqual([]);
    await shipper.round(signal);
    const why = 'it was deleted before it was handed over';
    expect(losses).toEqual([{ file: 'ee-acct-2026-11-24-0000.csv', bytes: unread, records: 2, why }]);
    await shipper.round(signal);
    expect(losses).toHaveLength(1);
  });

  it('[R112] loses nothing of a file that is deleted while it is handed over', async () => {
    const { writer, receiver, losses, start } = world();
    writeFileSync(writer.path, HEADER);
    appendFileSync(writer.path, Array.from({ length: 1200 }, (_, at) => `d,1700000000,r${at},\r\n`).join(''));
    writer.rotate();
    const take = receiver.take.bind(receiver);
    receiver.take = (records) => {
      rmSync(join(writer.folder, 'ee-acct-2026-11-24-0000.csv'), { force: true });
      return take(records);
    };
    const shipper = await start();
    expect(await shipper.round(signal)).toBe(1200);
    for (let round = 0; round < 3; round++) await shipper.round(signal);
    expect(losses).toEqual([]);
  });

  it('holds a batch of bounded size in memory, whatever the size of the file', async () => {
    const { writer, start, receiver } = world();
    let largest = 0;
    const take = receiver.take.bind(receiver);
    receiver.take = (records) => {
      largest = Math.max(largest, records.length);
      return take(records);
    };
    writeFileSync(writer.path, HEADER);
    appendFileSync(writer.path, Array.from({ length: 5000 }, (_, at) => `d,1700000000,r${at},\r\n`).join(''));
    expect(await (await start()).round(signal)).toBe(5000);
    expect(receiver.kept.size).toBe(5000);
    expect(largest).toBe(500);
  });
});
