import { Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { EeError } from '../errors.js';
import { type Bounds, BOUNDS } from './bounds.js';
import { type Connection, ConnectionLost, SessionRefused } from './connection.js';
import type { RunOptions, RunResult } from './host.js';
import { RunningCommand } from './running-command.js';
import { Aborted, TooLate } from './within.js';

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
  readonly bounds?: Bounds | undefined;
}

/**
 * Runs a command to its end and collects what it writes. Throws SSH_LOST, SSH_SILENT where the host gives no answer at all,
 * INTERRUPTED, REMOTE_TIMEOUT, and REMOTE_FAILED when the host refuses a session or the output is boundless; in each case but the
 * first two nothing of the command goes on running, unless the host does not answer to that either.
 */
export async function execute(connection: Connection, execution: Execution): Promise<RunResult> {
  const { host, command, input, options, session, stop, bounds = BOUNDS } = execution;
  const step = options.step ?? 'a command';
  if (options.signal?.aborted) throw new EeError('INTERRUPTED', { during: step });
  if (input instanceof Readable) input.on('error', () => undefined); // the pipeline tells, once there is one
  // One that was raised before says nothing about this command: cleaning up after an interrupt goes on.
  const signals = [options.signal, options.endsItself ? undefined : session].filter(
    (signal): signal is AbortSignal => signal?.aborted === false,
  );
  try {
    const start = (channel: ClientChannel, free: () => void) =>
      new RunningCommand(channel, { host, step, input, options, signals, stop, free, bounds });
    const running = await connection.exec(command, stop ? 'command' : 'stopper', start, signals);
    return await running.result;
  } catch (error) {
    if (input instanceof Readable) input.destroy();
    if (error instanceof Aborted) throw new EeError('INTERRUPTED', { during: step }, { cause: error });
    if (error instanceof TooLate) {
      throw new EeError('SSH_SILENT', { host, during: step, seconds: seconds(error) }, { cause: error });
    }
    if (error instanceof ConnectionLost) throw new EeError('SSH_LOST', { host, during: step }, { cause: error });
    if (error instanceof SessionRefused) {
      const facts = { host, step, status: 'the host opens no session', output: error.message };
      throw new EeError('REMOTE_FAILED', facts, { cause: error });
    }
    throw error;
  }
}

const seconds = ({ milliseconds }: TooLate): number => Math.ceil(milliseconds / 1000);
