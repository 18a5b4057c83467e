import { LineSplitter } from './line-splitter.js';
import { OutputTail } from './output-tail.js';

/** More than this on either stream is a mistake of the command, not a result. */
export const OUTPUT_LIMIT_MIB = 32;
const OUTPUT_LIMIT = OUTPUT_LIMIT_MIB * 1024 * 1024;
/** Standard error is kept for its last lines. */
const STDERR_KEPT = 1024 * 1024;

/** What a command writes, as bytes, and its lines as they come. */
export class CapturedOutput {
  readonly #stdout: Buffer[] = [];
  readonly #stderr = new OutputTail(STDERR_KEPT);
  readonly #lines: { readonly stdout: LineSplitter; readonly stderr: LineSplitter } | undefined;
  readonly #bytes = { stdout: 0, stderr: 0 };

  constructor(onLine?: (line: string) => void) {
    this.#lines = onLine && { stdout: new LineSplitter(onLine), stderr: new LineSplitter(onLine) };
  }

  /** False when there is too much. */
  stdout(chunk: Buffer): boolean {
    this.#bytes.stdout += chunk.length;
    if (this.#bytes.stdout > OUTPUT_LIMIT) return false;
    this.#stdout.push(chunk);
    this.#lines?.stdout.write(chunk);
    return true;
  }

  /** False when there is too much. */
  stderr(chunk: Buffer): boolean {
    this.#bytes.stderr += chunk.length;
    if (this.#bytes.stderr > OUTPUT_LIMIT) return false;
    this.#stderr.write(chunk);
    this.#lines?.stderr.write(chunk);
    return true;
  }

  end(): { stdout: Buffer; stderr: Buffer } {
    this.#lines?.stdout.end();
    this.#lines?.stderr.end();
    return { stdout: Buffer.concat(this.#stdout), stderr: this.#stderr.content() };
  }
}
