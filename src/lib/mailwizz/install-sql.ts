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
  let open = '';
  for (const line of sql.split(/\r?\n/)) {
    if (open === '' && (line.trim() === '' || /^(--|#|\/\*!)/.test(line))) continue;
    open += `${line}\n`;
    if (!line.trimEnd().endsWith(';') || isInsideString(open)) continue;
    statements.push(prefixed(open.trim(), prefix));
    open = '';
  }
  if (open.trim() !== '') statements.push(prefixed(open.trim(), prefix));
  return statements;
}

/** Names of the tables that a schema creates, without a prefix. */
export function tablesOf(schema: string): string[] {
  return [...schema.matchAll(/^CREATE TABLE(?: IF NOT EXISTS)?\s+`(\w+)`/gm)].map(([, name = '']) => name);
}

/** A string in either kind of quotes, whole. */
const STRING = /('(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*")/;

/** Only outside of strings: a text that happens to hold such words is content. */
function prefixed(statement: string, prefix: string): string {
  return statement
    .split(STRING)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(BEFORE_A_TABLE, `$1$2\`${prefix}$3\``)))
    .join('');
}

/** Whether a string is still open at the end: its line end is content. */
function isInsideString(text: string): boolean {
  return /['"]/.test(
    text
      .split(STRING)
      .filter((_, index) => index % 2 === 0)
      .join(''),
  );
}
