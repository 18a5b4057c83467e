import { systemReason } from '../../system-reason.js';

/** Why nothing more can be written: the reader has gone, or the device fails for this reason. */
export type Loss = { readonly kind: 'reader' } | { readonly kind: 'device'; readonly reason: string };

/**
 * Where the bytes go. `done` is called once they are all there, or with the error that stopped them.
 * Returns false when it holds more back than it wants to, as a stream does.
 */
export type Sink = (bytes: Uint8Array, done: (error?: Error | null) => void) => boolean;

/** Bytes that may wait for a slow reader before whoever can wait does: what a pipe of Linux holds. */
const ROOM = 64 * 1024;

/** One end of the program's output: all that is given to it arrives in order and whole, or it says why not. */
export class Outlet {
  #waiting = 0;
  #loss: Loss | undefined;
  readonly #losers: ((loss: Loss) => void)[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(private readonly sink: Sink) {}

  /** Undefined as long as it can be written to. */
  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** Bytes that were given and have not arrived. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes the bytes. After a loss they are dropped: nobody is there to read them. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void = () => undefined): boolean {
    if (this.#loss !== undefined) {
      done();
      return true;
    }
    this.#waiting += bytes.length;
    return this.sink(bytes, (error) => {
      this.#waiting -= bytes.length;
      if (error) this.failed(error);
      this.#look();
      done();
    });
  }

  /** Resolves once everything that was given has arrived, or nothing more will. */
  arrived(): Promise<void> {
    return this.#until(() => this.#waiting === 0);
  }

  /** Resolves once the reader has caught up so far that more may be given, or the signal comes. */
  async room(signal: AbortSignal): Promise<void> {
    const look = (): void => this.#look();
    signal.addEventListener('abort', look);
    await this.#until(() => this.#waiting < ROOM || signal.aborted);
    signal.removeEventListener('abort', look);
  }

  /** Calls `loser` when the outlet is lost, at once where it is lost already. */
  onLoss(loser: (loss: Loss) => void): void {
    if (this.#loss === undefined) this.#losers.push(loser);
    else loser(this.#loss);
  }

  /** A write failed with this error. */
  failed(error: Error): void {
    this.lose(isClosed(error) ? { kind: 'reader' } : { kind: 'device', reason: systemReason(error) });
  }

  /** Nothing more can be written. */
  lose(loss: Loss): void {
    if (this.#loss !== undefined) return;
    this.#loss = loss;
    this.#look();
    for (const loser of this.#losers) loser(loss);
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }

  #until(reached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!reached() && this.#loss === undefined) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }
}

/** A pipe or socket that the other side closed. */
function isClosed(error: Error): boolean {
  return 'code' in error && ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'].includes(String(error.code));
}
