import { StringDecoder } from 'node:string_decoder';

/** Longer lines are given in pieces. */
const LONGEST_LINE = 64 * 1024;

/** Cuts a stream of bytes into lines of text. Characters and line ends may be split between chunks. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  /** Gives what stands after the last line end. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.#onLine(this.#rest.replace(/\r$/, ''));
    this.#rest = '';
  }

  #take(text: string): void {
    // A lone carriage return ends a line too: progress meters draw over themselves. One at the very end may be half of CRLF.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    if (this.#rest.length > LONGEST_LINE) {
      this.#onLine(this.#rest);
      this.#rest = '';
    }
  }
}
