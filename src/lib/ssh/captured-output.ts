import { LineSplitter } from './line-splitter.js';
import { OutputTail } from './output-tail.js';

/** More than this on standard output is a mistake of the command, not a result. */
export const STDOUT_LIMIT_MIB = 32;
const STDOUT_LIMIT = STDOUT_LIMIT_MIB * 1024 * 1024;
/** Standard error is kept for its last lines. */
const STDERR_LIMIT = 1024 * 1024;

/** What a command writes, as bytes, and its lines as they come. */
export class CapturedOutput {
  readonly #stdout: Buffer[] = [];
  readonly #stderr = new OutputTail(STDERR_LIMIT);
  readonly #lines: { readonly stdout: LineSplitter; readonly stderr: LineSplitter } | undefined;
  #bytes = 0;

  constructor(onLine?: (line: string) => void) {
    this.#lines = onLine && { stdout: new LineSplitter(onLine), stderr: new LineSplitter(onLine) };
  }

  /** False when there is too much. */
  stdout(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > STDOUT_LIMIT) return false;
    this.#stdout.push(chunk);
    this.#lines?.stdout.write(chunk);
    return true;
  }

  stderr(chunk: Buffer): void {
    this.#stderr.write(chunk);
    this.#lines?.stderr.write(chunk);
  }

  end(): { stdout: Buffer; stderr: Buffer } {
    this.#lines?.stdout.end();
    this.#lines?.stderr.end();
    return { stdout: Buffer.concat(this.#stdout), stderr: this.#stderr.content() };
  }
}
