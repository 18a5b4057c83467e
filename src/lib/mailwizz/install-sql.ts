/**
 * The application's own SQL files without its wizard. They name tables without a prefix, in back ticks; the wizard puts it in front
 * of those that follow one of these words, and of no others.
 */
const BEFORE_A_TABLE =
  /\b(CREATE TABLE(?: IF NOT EXISTS)?|DROP TABLE(?: IF EXISTS)?|INSERT INTO|ALTER(?: IGNORE)? TABLE|RENAME TABLE|REFERENCES|UPDATE|FROM|TO)(\s+)`(\w+)`/g;

/**
 * The statements of an SQL text, with the prefix on their tables. A statement ends with a semicolon at the end of a line;
 * comments stand on lines of their own. Bytes above ASCII pass through, so the text may be read as Latin-1.
 */
export function installStatements(sql: string, prefix: string): string[] {
  const statements: string[] = [];
  let open: Statement | undefined;
  for (const line of sql.split(/\r?\n/)) {
    if (!open && (line.trim() === '' || /^(--|#|\/\*!)/.test(line))) continue;
    open ??= new Statement();
    open.add(`${line}\n`);
    if (open.isInsideString || !line.trimEnd().endsWith(';')) continue;
    statements.push(open.withPrefix(prefix));
    open = undefined;
  }
  const last = open?.withPrefix(prefix) ?? '';
  return last === '' ? statements : [...statements, last];
}

/** Names of the tables that a schema creates, without a prefix. */
export function tablesOf(schema: string): string[] {
  return [...schema.matchAll(/^CREATE TABLE(?: IF NOT EXISTS)?\s+`(\w+)`/gm)].map(([, name = '']) => name);
}

/**
 * A statement as its lines come. It knows at each moment whether a string is open, since the end of a line is content there, and tells
 * code and strings apart: a text that happens to hold the words before a table is content. A string doubles its own quotes, which is the
 * same as ending it and beginning another, or escapes them with a backslash.
 */
class Statement {
  /** Code, a string, code, …, as pieces of text. */
  readonly #parts: string[][] = [[]];
  #quote = '';

  get isInsideString(): boolean {
    return this.#quote !== '';
  }

  add(text: string): void {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text[at];
      if (this.#quote === '') {
        if (char !== "'" && char !== '"') continue;
        this.#take(text.slice(start, at));
        this.#parts.push([]);
        this.#quote = char;
        start = at;
      } else if (char === '\\') at++;
      else if (char === this.#quote) {
        this.#take(text.slice(start, at + 1));
        this.#parts.push([]);
        this.#quote = '';
        start = at + 1;
      }
    }
    this.#take(text.slice(start));
  }

  #take(piece: string): void {
    this.#parts.at(-1)?.push(piece);
  }

  withPrefix(prefix: string): string {
    return this.#parts
      .map((pieces, index) => {
        const text = pieces.join('');
        return index % 2 === 1 ? text : text.replace(BEFORE_A_TABLE, `$1$2\`${prefix}$3\``);
      })
      .join('')
      .trim();
  }
}
