import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientChannel } from 'ssh2';
import { EeError } from '../errors.js';
import type { Bounds } from './bounds.js';
import { CapturedOutput, OUTPUT_LIMIT_MIB } from './captured-output.js';
import type { RunOptions, RunResult } from './host.js';
import { within } from './within.js';

/** Node turns a longer time into 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a command needs beside its channel. */
export interface Surroundings {
  readonly host: string;
  readonly step: string;
  readonly input: Buffer | Readable;
  readonly options: RunOptions;
  readonly signals: readonly AbortSignal[];
  /** Ends the command's processes on the host. */
  readonly stop?: (() => Promise<unknown>) | undefined;
  /** Gives the command's place to the next one, where the host does not close the channel. */
  readonly free: () => void;
  readonly bounds: Bounds;
}

/** A command on its channel, from its start to its result or to the reason why there is none. */
export class RunningCommand {
  readonly result: Promise<RunResult>;
  readonly #channel: ClientChannel;
  readonly #with: Surroundings;
  readonly #output: CapturedOutput;
  readonly #closed: Promise<void>;
  readonly #idle: NodeJS.Timeout | undefined;
  readonly #longest: NodeJS.Timeout | undefined;
  #ended = false;
  #resolve: (result: RunResult) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(channel: ClientChannel, surroundings: Surroundings) {
    this.#channel = channel;
    this.#with = surroundings;
    this.#output = new CapturedOutput(surroundings.options.onLine);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#closed = new Promise((resolve) => channel.once('close', () => resolve()));
    const { bounds, options } = surroundings;
    const idleTimeout = options.idleTimeout ?? bounds.idle;
    this.#idle = this.#stopAfter(idleTimeout);
    this.#longest = idleTimeout === Infinity ? undefined : this.#stopAfter(Math.max(bounds.longest, idleTimeout));
    this.#listen();
    for (const signal of surroundings.signals) signal.addEventListener('abort', this.#interrupt);
    // Raised while this one waited for a place: its input is not sent, so that nothing of it begins.
    if (surroundings.signals.some((signal) => signal.aborted)) this.#interrupt();
    else this.#feed();
  }

  readonly #interrupt = (): void =>
    this.#stop(new EeError('INTERRUPTED', { during: this.#with.step }), this.#with.bounds.interrupted);

  #stopAfter(milliseconds: number): NodeJS.Timeout | undefined {
    if (milliseconds > LONGEST_TIMER_MS) return undefined;
    const { host, step } = this.#with;
    const seconds = Math.ceil(milliseconds / 1000);
    return setTimeout(() => this.#stop(new EeError('REMOTE_TIMEOUT', { host, step, seconds })), milliseconds);
  }

  #listen(): void {
    this.#channel.on('data', (chunk: Buffer) => {
      if (this.#ended) return;
      this.#idle?.refresh();
      if (!this.#output.stdout(chunk)) this.#flooded('output');
    });
    this.#channel.stderr.on('data', (chunk: Buffer) => {
      if (this.#ended) return;
      this.#idle?.refresh();
      if (!this.#output.stderr(chunk)) this.#flooded('error output');
    });
    this.#channel.on('error', () => undefined); // 'close' follows, and tells whether there was a status
    this.#channel.once('close', (code?: number | null, signal?: string) => this.#close(exitStatus(code, signal)));
  }

  #flooded(stream: string): void {
    const { host, step } = this.#with;
    const status = `more than ${OUTPUT_LIMIT_MIB} MiB of ${stream}`;
    this.#stop(new EeError('REMOTE_FAILED', { host, step, status, output: '' }));
  }

  #feed(): void {
    const { input } = this.#with;
    if (Buffer.isBuffer(input)) {
      this.#channel.end(input);
      return;
    }
    const idle = this.#idle;
    const watched = async function* (source: Readable): AsyncGenerator<Buffer> {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        idle?.refresh();
        yield chunk;
      }
    };
    // A command that ends without reading all its input breaks the pipeline; its own status says more.
    pipeline(input, watched, this.#channel).catch((error: unknown) => {
      if (input.errored) this.#stop(input.errored);
      else if (!this.#channel.destroyed && this.#channel.writable) this.#stop(error);
    });
  }

  #close(status: number | undefined): void {
    if (!this.#end()) return;
    const { host, step, input } = this.#with;
    const output = this.#output.end();
    if (input instanceof Readable) input.destroy();
    // ssh2 closes the channel without a status when the connection dies under it.
    if (status === undefined) this.#reject(new EeError('SSH_LOST', { host, during: step }));
    else this.#resolve({ code: status, ...output });
  }

  /**
   * Stops the command on the host before the reason is told, so that a next run finds nothing of it; after `patience` milliseconds
   * all the same, for the host may not answer any more.
   */
  #stop(reason: unknown, patience = Infinity): void {
    if (!this.#end()) return;
    const { stop, free, bounds } = this.#with;
    const stopped = async () => {
      if (!stop) return;
      await within(stop(), bounds.stop).catch(() => undefined);
      await within(this.#closed, bounds.close).catch(() => undefined);
    };
    void within(stopped(), patience)
      .catch(() => undefined)
      .finally(() => {
        this.#channel.destroy();
        // Of a host that goes on sending nothing more is taken than the window of the channel.
        this.#channel.pause();
        this.#channel.stderr.pause();
        free();
        this.#reject(reason);
      });
  }

  /** False when the end has come before. */
  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    clearTimeout(this.#idle);
    clearTimeout(this.#longest);
    for (const signal of this.#with.signals) signal.removeEventListener('abort', this.#interrupt);
    return true;
  }
}

/** The status as a shell gives it: 128 + n for a command that signal n ended. Nothing when there was none. */
function exitStatus(code: number | null | undefined, signal: string | undefined): number | undefined {
  if (typeof code === 'number') return code;
  if (!signal) return undefined;
  return 128 + ((constants.signals as Record<string, number>)[signal] ?? 0);
}
