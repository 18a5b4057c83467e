import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { EeError } from '../errors.js';
import { type Connection, ConnectionLost, SessionRefused } from './connection.js';
import type { RunOptions, RunResult } from './host.js';
import { LineSplitter } from './line-splitter.js';
import { OutputTail } from './output-tail.js';

const IDLE_TIMEOUT_MS = 15 * 60_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** More than this on standard output is a mistake of the command, not a result. */
const STDOUT_LIMIT = 32 * 1024 * 1024;
const STDERR_LIMIT = 1024 * 1024;
/** How long a stopped command's channel may take to close. */
const CLOSE_MS = 5_000;

/** One command on one channel. */
export interface Execution {
  readonly host: string;
  readonly command: string;
  readonly input: Buffer | Readable;
  readonly options: RunOptions;
  /** Interrupts too, as `options.signal` does. */
  readonly session?: AbortSignal | undefined;
  /** Ends the command's processes on the host. Absent for the command that does just that. */
  readonly stop?: () => Promise<unknown>;
}

/**
 * Runs a command to its end and collects what it writes. Throws SSH_LOST, INTERRUPTED, REMOTE_TIMEOUT, and REMOTE_FAILED when
 * the host opens no session or the output is boundless; in each case but the first nothing of the command goes on running.
 */
export async function execute(connection: Connection, execution: Execution): Promise<RunResult> {
  const { host, options } = execution;
  const step = options.step ?? 'a command';
  if (options.signal?.aborted) throw new EeError('INTERRUPTED', { during: step });
  if (execution.input instanceof Readable) execution.input.on('error', () => undefined);
  // One that was raised before says nothing about this command: cleaning up after an interrupt goes on.
  const signals = [options.signal, execution.session].filter(
    (signal): signal is AbortSignal => signal?.aborted === false,
  );
  try {
    const running = await connection.exec(execution.command, execution.stop ? 'command' : 'stopper', (channel) => ({
      result: follow(channel, execution, step, signals),
    }));
    return await running.result;
  } catch (error) {
    if (execution.input instanceof Readable) execution.input.destroy();
    if (error instanceof ConnectionLost) throw new EeError('SSH_LOST', { host, during: step }, { cause: error });
    if (error instanceof SessionRefused) {
      throw new EeError(
        'REMOTE_FAILED',
        { host, step, status: 'the host opens no session', output: error.message },
        { cause: error },
      );
    }
    throw error;
  }
}

function follow(
  channel: ClientChannel,
  { host, input, options, stop }: Execution,
  step: string,
  signals: readonly AbortSignal[],
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr = new OutputTail(STDERR_LIMIT);
    const lines = options.onLine ? [new LineSplitter(options.onLine), new LineSplitter(options.onLine)] : [];
    const idleTimeout = options.idleTimeout ?? IDLE_TIMEOUT_MS;
    let bytes = 0;
    let ended = false;

    const timeout = () => giveUp(new EeError('REMOTE_TIMEOUT', { host, step, seconds: Math.ceil(idleTimeout / 1000) }));
    // Node turns a longer time into 1 ms.
    const idle = idleTimeout <= LONGEST_TIMER_MS ? setTimeout(timeout, idleTimeout) : undefined;
    const interrupt = () => giveUp(new EeError('INTERRUPTED', { during: step }));
    for (const signal of signals) signal.addEventListener('abort', interrupt);
    const end = (): boolean => {
      if (ended) return false;
      ended = true;
      clearTimeout(idle);
      for (const signal of signals) signal.removeEventListener('abort', interrupt);
      return true;
    };
    const closed = new Promise<void>((done) => channel.once('close', () => done()));

    /** Stops the command on the host before the failure is told, so that a next run finds nothing of it. */
    function giveUp(reason: unknown): void {
      if (!end()) return;
      const stopped = (stop?.() ?? Promise.resolve()).catch(() => undefined);
      void stopped
        .then(() => Promise.race([closed, sleep(stop ? CLOSE_MS : 0, undefined, { ref: false })]))
        .then(() => channel.destroy())
        .then(() => reject(reason));
    }

    channel.on('data', (chunk: Buffer) => {
      idle?.refresh();
      if (ended) return;
      bytes += chunk.length;
      if (bytes > STDOUT_LIMIT) {
        const status = `more than ${STDOUT_LIMIT / 1024 / 1024} MiB of output`;
        return giveUp(new EeError('REMOTE_FAILED', { host, step, status, output: '' }));
      }
      stdout.push(chunk);
      lines[0]?.write(chunk);
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      idle?.refresh();
      if (ended) return;
      stderr.write(chunk);
      lines[1]?.write(chunk);
    });
    channel.on('error', () => undefined); // 'close' follows, and tells whether there was a status
    channel.once('close', (code?: number | null, signal?: string) => {
      if (!end()) return;
      for (const splitter of lines) splitter.end();
      if (input instanceof Readable) input.destroy();
      const status = exitStatus(code, signal);
      // ssh2 closes the channel without a status when the connection dies under it.
      if (status === undefined) reject(new EeError('SSH_LOST', { host, during: step }));
      else resolve({ code: status, stdout: Buffer.concat(stdout), stderr: stderr.content() });
    });

    // Raised while this one waited for a place: its input is not sent, so that nothing of it begins.
    if (signals.some((signal) => signal.aborted)) interrupt();
    else if (Buffer.isBuffer(input)) channel.end(input);
    else {
      const refreshed = async function* (source: Readable) {
        for await (const chunk of source as AsyncIterable<Buffer>) {
          idle?.refresh();
          yield chunk;
        }
      };
      // A command that ends without reading all its input breaks the pipeline; its own status says more.
      pipeline(input, refreshed, channel).catch((error: unknown) => {
        if (input.errored) giveUp(input.errored);
        else if (!channel.destroyed && channel.writable) giveUp(error);
      });
    }
  });
}

/** The status as a shell gives it: 128 + n for a command that signal n ended. Nothing when there was none. */
function exitStatus(code: number | null | undefined, signal: string | undefined): number | undefined {
  if (typeof code === 'number') return code;
  if (!signal) return undefined;
  return 128 + ((constants.signals as Record<string, number>)[signal] ?? 0);
}
