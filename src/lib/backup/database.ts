import { error, warning, type DatabaseFacts, type Problem } from './report.js';

const HEAD = 64 * 1024;
const TAIL = 4 * 1024;

const SQL = /^[ \t]*(--|\/\*[!M]|CREATE |DROP |INSERT |SET |START |BEGIN|LOCK |USE )/im;

/**
 * The end of a dump: mysqldump and mariadb-dump write their last line behind the end of a statement, pg_dump between two lines of a comment
 * and, since 2025, in front of `\unrestrict`. The same words in the middle of a value that was cut are none.
 */
const TRAILERS = [
  /(?:;|\*\/|^--[^\n]*)\s*\n-- Dump completed[^\n]*$/m,
  /^--\n-- PostgreSQL database dump complete\n--(?:\s*\n\\unrestrict \w+)?$/m,
];

/** Whether a dump ends as its program ends it. */
function isComplete(tail: string): boolean {
  const end = tail.replaceAll('\r\n', '\n').trimEnd();
  const lines = end.split('\n');
  const last = lines.filter((line) => line.trim() !== '').slice(-4);
  const text = last.join('\n');
  return TRAILERS.some((trailer) => {
    const match = trailer.exec(text);
    return match !== null && match.index + match[0].length === text.length;
  });
}

/** Looks at both ends of an SQL dump as it passes: whether it is SQL, and whether the dump program came to its end. */
export class DatabaseContents {
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #bytes = 0;

  write(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#head.length < HEAD) this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD - this.#head.length)]);
    this.#tail = Buffer.from(
      chunk.length >= TAIL ? chunk.subarray(-TAIL) : Buffer.concat([this.#tail, chunk]).subarray(-TAIL),
    );
  }

  findings(): { problems: readonly Problem[]; facts: DatabaseFacts } {
    const head = this.#head.toString('latin1');
    const complete = isComplete(this.#tail.toString('latin1'));
    const problems: Problem[] = [];
    if (head.includes('\0') || !SQL.test(head))
      problems.push(error('NOT_SQL', 'its content does not look like an SQL dump'));
    else if (!complete) {
      problems.push(
        warning('SQL_INCOMPLETE', 'the last line of the dump program is missing: the dump may have been cut short'),
      );
    }
    return { problems, facts: { kind: 'database', unpackedBytes: this.#bytes, complete } };
  }
}
