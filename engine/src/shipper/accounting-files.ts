import { createHash } from 'node:crypto';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { LONGEST_RECORD, recordEnd } from './csv-records.js';

/** An accounting file, found in its folder. */
export interface AccountingFile {
  /** The same under every name, on every host, after every reboot. */
  readonly id: string;
  readonly path: string;
  readonly size: number;
  /** The one that PowerMTA writes now. */
  readonly current: boolean;
  /** Rotated, and untouched for a while: nothing will be added to it. */
  readonly settled: boolean;
}

interface Known {
  readonly id: string | undefined;
  readonly size: number;
  readonly modified: number;
}

/** The accounting file and its rotated siblings: `ee-acct.csv`, `ee-acct-2026-11-24-0000.csv`, … */
export class AccountingFiles {
  /** By inode: a file that did not change since is not opened again. */
  #known = new Map<number, Known>();

  /** `quiet` is how many milliseconds a rotated file must lie still before nothing more is expected in it. */
  constructor(
    private readonly path: string,
    private readonly quiet: number,
  ) {}

  /** All that are there and hold a record, in the order in which they were written. */
  async list(): Promise<AccountingFile[]> {
    const known = new Map<number, Known>();
    const found = new Map<string, AccountingFile>();
    for (const path of await this.#paths()) {
      const file = await this.#examine(path, known).catch(ignoreGone);
      // A file that was renamed while the folder was read shows up under both names.
      if (file) found.set(file.id, file);
    }
    this.#known = known;
    return [...found.values()];
  }

  async #paths(): Promise<string[]> {
    const folder = dirname(this.path);
    const extension = extname(this.path);
    const stem = basename(this.path, extension);
    const names = await readdir(folder);
    const rotated = names
      .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension))
      .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
    return [...rotated, ...names.filter((name) => name === basename(this.path))].map((name) => join(folder, name));
  }

  async #examine(path: string, known: Map<number, Known>): Promise<AccountingFile | undefined> {
    const { ino, size, mtimeMs: modified } = await stat(path);
    const current = path === this.path;
    const settled = !current && Date.now() - modified > this.quiet;
    const before = this.#known.get(ino);
    const same = before?.size === size && before.modified === modified && (before.id !== undefined || !settled);
    const id = same ? before.id : await identify(path, ino, settled);
    known.set(ino, { id, size, modified });
    return id === undefined ? undefined : { id, path, size, current, settled };
  }
}

/**
 * What tells a file from all others, whatever it is called: its header and its first record, with a time, a recipient and an envelope.
 * Numbers of inodes and devices are not part of it, since they are others after a move of the host, or a reboot. Undefined while there
 * is no record in it.
 */
export async function identityOf(file: FileHandle, settled: boolean): Promise<string | undefined> {
  const head = Buffer.alloc(2 * LONGEST_RECORD);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const bytes = head.subarray(0, bytesRead);
  const header = recordEnd(bytes, 0);
  const end = header === undefined ? undefined : recordEnd(bytes, header);
  const enough =
    end ?? (bytesRead === head.length || (settled && header !== bytesRead && bytesRead > 0) ? bytesRead : 0);
  return enough === 0 ? undefined : createHash('sha256').update(bytes.subarray(0, enough)).digest('hex');
}

async function identify(path: string, inode: number, settled: boolean): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    return (await file.stat()).ino === inode ? await identityOf(file, settled) : undefined;
  } finally {
    await file.close();
  }
}

/** A file that went between two looks is looked for again in the next round. */
function ignoreGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
