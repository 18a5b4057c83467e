/**
 * A PowerMTA configuration as a tree that prints back to exactly the bytes that it was read from.
 *
 * Every line of the input is held by one node, with its own line end, so printing is putting the lines together again.
 * Text is Latin-1: one character a byte, because real files hold comments in any encoding, valid or not.
 */

/** One line as it stands in the file. `number` counts from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
  readonly end: '' | '\n' | '\r\n';
}

/** A part of a line. `column` counts bytes from 1. */
export interface Word {
  readonly text: string;
  readonly column: number;
}

/** An empty line, a comment, or (`stray`) a tag that belongs to no block. */
export interface Filler {
  readonly kind: 'blank' | 'comment' | 'stray';
  readonly line: Line;
}

/** `keyword value # comment`; a `domain-macro` may go on over `more` lines, and its value is then all of them. */
export interface Directive {
  readonly kind: 'directive';
  readonly line: Line;
  readonly more: readonly Line[];
  readonly keyword: Word;
  readonly value: Word;
  readonly comment: Word | undefined;
}

/** One line of a body with a grammar of its own, such as `reply /regex/ mode=backoff`. `depth` counts inline lists around it. */
export interface Entry {
  readonly kind: 'entry';
  readonly line: Line;
  readonly depth: number;
  readonly value: Word;
  readonly comment: Word | undefined;
}

/** `<tag name>` … `</tag>`. Without `close`, the block was not closed. */
export interface Block {
  readonly kind: 'block';
  readonly open: Line;
  readonly tag: Word;
  readonly name: Word;
  readonly children: readonly Node[];
  readonly close: Line | undefined;
}

export type Node = Filler | Directive | Entry | Block;

/** A place where the nesting of blocks is broken; the lines are kept all the same. */
export interface StructureProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Document {
  readonly nodes: readonly Node[];
  readonly problems: readonly StructureProblem[];
}

/** The lines of a node and of all that it holds, in the order of the file. */
export function* linesOf(nodes: readonly Node[]): Generator<Line> {
  // A stack of its own: blocks may be nested deeper than the call stack goes.
  const rest: { nodes: readonly Node[]; next: number; close: Line | undefined }[] = [
    { nodes, next: 0, close: undefined },
  ];
  for (let level = rest.at(-1); level !== undefined; level = rest.at(-1)) {
    const node = level.nodes[level.next++];
    if (node === undefined) {
      if (level.close) yield level.close;
      rest.pop();
    } else if (node.kind === 'block') {
      yield node.open;
      rest.push({ nodes: node.children, next: 0, close: node.close });
    } else {
      yield node.line;
      if (node.kind === 'directive') yield* node.more;
    }
  }
}

/** The text of a document, one character a byte. */
export function printText(document: Pick<Document, 'nodes'>): string {
  const parts: string[] = [];
  for (const line of linesOf(document.nodes)) parts.push(line.text, line.end);
  return parts.join('');
}

/** The bytes of a document: those that it was read from. */
export function printDocument(document: Pick<Document, 'nodes'>): Buffer {
  return Buffer.from(printText(document), 'latin1');
}

/** The keyword of a directive or the tag of a block as PowerMTA compares it: without regard to case. */
export const folded = (word: Word): string => word.text.toLowerCase();

/** A name or value without the quotes that may stand around it (`"…"`, with `\"` and `\\` inside). */
export function unquoted(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(["\\])/g, '$1');
}

export const isYes = (value: string): boolean => /^(yes|true)$/i.test(unquoted(value));
