import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Host, RunOptions, RunResult } from '../../src/lib/ssh/host.js';
import { LineSplitter } from '../../src/lib/ssh/line-splitter.js';
import { newMark, scriptText, shellReadingStdin, shellRunning } from '../../src/lib/ssh/remote-shell.js';
import { uploadFile } from '../../src/lib/ssh/upload.js';
import { LocalHost } from './local-host.js';

/**
 * This machine as a host of `ee`: each command in a session of its own, with its mark in its argument list, as sshd starts it. What
 * `ee` keeps in /run and /var/lib lies in a folder of the test, and what it ends there are commands with the same folder alone.
 */
export class ShellHost extends LocalHost {
  readonly #family: string;
  readonly #children = new Set<ChildProcess>();

  /** Of two hosts with the same folder, each is a connection to the same machine. */
  constructor(readonly folder: string) {
    super();
    this.#family = `e-t${Buffer.from(folder).toString('hex').slice(-24)}-`;
  }

  /** What stands in the place of a text that is for a real host. */
  protected here(text: string): string {
    return text
      .replaceAll('/run/ee.lock', join(this.folder, 'lock'))
      .replaceAll('/var/lib/ee', join(this.folder, 'state'))
      .replaceAll('e-run-', this.#family)
      .replaceAll('chown 0:0', 'true');
  }

  override run(script: string, options: RunOptions = {}): Promise<RunResult> {
    this.scripts += 1;
    const command = shellReadingStdin(newMark(options.family), false);
    return this.#start(command, Buffer.from(this.here(scriptText(script))), options);
  }

  override pipe: Host['pipe'] = (command, input, options = {}) =>
    this.#start(shellRunning(this.here(command), newMark(options.family), false), input, options);

  override upload: Host['upload'] = (file, options = {}) => uploadFile(this, file, options);

  /** The connection breaks: the standard input of all commands ends, and nothing else happens to them. */
  cut(): void {
    for (const child of this.#children) child.stdin?.destroy();
  }

  #start(command: string, input: Readable | Buffer, { onLine, signal }: RunOptions): Promise<RunResult> {
    const child = spawn('sh', ['-c', this.here(command)], { detached: true, stdio: 'pipe' });
    this.#children.add(child);
    const streams = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    for (const name of ['stdout', 'stderr'] as const) {
      const lines = new LineSplitter((line) => onLine?.(line));
      child[name].on('data', (chunk: Buffer) => {
        streams[name].push(chunk);
        lines.write(chunk);
      });
    }
    child.stdin.on('error', () => undefined);
    if (Buffer.isBuffer(input)) child.stdin.end(input);
    else input.pipe(child.stdin);
    signal?.addEventListener('abort', () => child.pid && process.kill(-child.pid, 'SIGKILL'));
    return new Promise((resolve) => {
      child.once('close', (code, ended) => {
        this.#children.delete(child);
        resolve({
          code: code ?? 128 + (ended ? constants.signals[ended] : 0),
          stdout: Buffer.concat(streams.stdout),
          stderr: Buffer.concat(streams.stderr),
        });
      });
    });
  }
}
