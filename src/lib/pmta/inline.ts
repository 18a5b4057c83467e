import type { Configuration, ConfigurationFile } from './configuration.js';
import { linesOf, type Document, type Line, type Node } from './document.js';
import { byteOrderMarkOf } from './lines.js';
import { parseLines } from './parse.js';

/** Where a line stands: in the configuration itself, or in a file that it includes. */
export interface LinePlace {
  readonly line: number;
  readonly file?: string;
}

/** A configuration in one piece. Each line has a number of its own: those of the configuration itself keep theirs. */
export interface Inlined {
  readonly document: Document;
  placeOf(number: number): LinePlace;
}

/** More than any set of files has; includes that double at each step would otherwise grow without end. */
const MOST_LINES = 200_000;

/** Raised where included files include each other so often that they would bring in more than `MOST_LINES` lines. */
export class TooManyLines extends Error {}

/**
 * Puts the lines of included files in the place of the `include` that names them, which stays as a comment. Lines in `without` are
 * left out. What is included is followed to the end; the loader has taken loops out already.
 */
export function inlined({ files, included }: Configuration, without: ReadonlySet<Line> = new Set()): Inlined {
  const lines: Line[] = [];
  const places = new Map<number, LinePlace>();
  const own = [...linesOf(files[0].document.nodes)];
  let next = own.length + 1;
  const put = (line: Line, number: number): void => {
    if (lines.length >= own.length + MOST_LINES) throw new TooManyLines();
    lines.push({ ...line, number });
  };
  const putFile = (file: ConfigurationFile): void => {
    for (const line of linesOf(file.document.nodes)) {
      places.set(next, { line: line.number, file: file.name });
      follow(withoutMark(line), line, next++);
    }
  };
  const follow = (shown: Line, line: Line, number: number): void => {
    const more = included.get(line);
    if (without.has(line)) return;
    put(more ? commented(shown) : shown.end === '' ? { ...shown, end: '\n' } : shown, number);
    for (const file of more ?? []) putFile(file);
  };
  for (const line of own) follow(line, line, line.number);
  return { document: parseLines(lines), placeOf: (number) => places.get(number) ?? { line: number } };
}

/** The line as a comment, which says where the lines below come from. */
function commented(line: Line): Line {
  const at = line.text.search(/\S/);
  return { ...line, text: `${line.text.slice(0, at)}# ${line.text.slice(at)}`, end: line.end === '' ? '\n' : line.end };
}

/** Only at the beginning of the whole configuration is a byte order mark known for one. */
function withoutMark(line: Line): Line {
  const mark = byteOrderMarkOf(line);
  return mark ? { ...line, text: line.text.slice(mark.text.length) } : line;
}

/** The blocks and directives that begin in one file and end in another, by the number of their first line. */
export function tornBetweenFiles({ document, placeOf }: Inlined): number[] {
  const torn: number[] = [];
  const isTorn = (first: Line, last: Line | undefined): boolean =>
    last !== undefined && placeOf(first.number).file !== placeOf(last.number).file;
  const rest: (readonly Node[])[] = [document.nodes];
  for (let nodes = rest.pop(); nodes !== undefined; nodes = rest.pop()) {
    for (const node of nodes) {
      if (node.kind === 'block') {
        if (isTorn(node.open, node.close)) torn.push(node.open.number);
        rest.push(node.children);
      } else if (node.kind === 'directive' && isTorn(node.line, node.more.at(-1))) torn.push(node.line.number);
    }
  }
  return torn.sort((a, b) => a - b);
}
