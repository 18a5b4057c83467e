import type { Block, Document, Line, Node, StructureProblem, Word } from './document.js';
import { firstWord, splitLines, statementOf, trimmed } from './lines.js';
import { endsMacro, opensMacro } from './macro-lines.js';

/** Tags whose body is not `keyword value` but entries with regular expressions. */
const ENTRY_TAGS = new Set(['smtp-pattern-list', 'bounce-category-patterns', 'pattern-list', 'mx-rollup-list']);

/** Which blocks may stand inside which; all others stand at the top level. */
const INSIDE: Readonly<Record<string, readonly string[]>> = {
  'virtual-mta': ['domain'],
  'virtual-mta-pool': ['domain'],
  'bounce-processor': ['address-list'],
  'feedback-loop-processor': ['address-list'],
};

/** How deep blocks may stand in blocks. Known ones go three deep; unknown ones that go on for ever are no configuration. */
const MOST_LEVELS = 100;

/** A block that is still open while its lines are read. `depth` counts the inline lists opened in it. */
interface OpenBlock {
  open: Line;
  tag: Word;
  folded: string;
  name: Word;
  children: Node[];
  depth: number;
  readonly holdsEntries: boolean;
}

/** Reads a configuration. Never throws: what is broken is kept as it stands and reported in `problems`. */
export function parseDocument(bytes: Uint8Array): Document {
  return parseText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
}

/** As `parseDocument`, from a text with one character a byte. */
export function parseText(text: string): Document {
  return parseLines(splitLines(text));
}

/** As `parseText`, from lines that keep the numbers that they have. */
export const parseLines = (lines: readonly Line[]): Document => new Parser(lines).run();

class Parser {
  readonly #top: Node[] = [];
  readonly #open: OpenBlock[] = [];
  /** How many open blocks have each tag, so that a stray closing tag is known without a search. */
  readonly #tags = new Map<string, number>();
  readonly #problems: StructureProblem[] = [];
  #next = 0;

  constructor(readonly lines: readonly Line[]) {}

  run(): Document {
    for (let line = this.lines[this.#next]; line !== undefined; line = this.lines[this.#next]) {
      this.#next++;
      this.#read(line);
    }
    while (this.#open.length > 0) this.#leave(undefined, 'is not closed');
    return { nodes: this.#top, problems: this.#problems.sort((a, b) => a.line - b.line || a.column - b.column) };
  }

  get #block(): OpenBlock | undefined {
    return this.#open.at(-1);
  }

  get #children(): Node[] {
    return this.#block?.children ?? this.#top;
  }

  #read(line: Line): void {
    const { statement, comment } = statementOf(line);
    const block = this.#block;
    if (statement.text === '') this.#children.push({ kind: comment ? 'comment' : 'blank', line });
    else if (statement.text.startsWith('</')) this.#closingTag(line, statement);
    else if (statement.text.startsWith('<')) this.#openingTag(line, statement);
    else if (block?.holdsEntries) this.#entry(block, line, statement, comment);
    else this.#directive(line, statement, comment);
  }

  #entry(block: OpenBlock, line: Line, statement: Word, comment: Word | undefined): void {
    const { depth } = block;
    // An entry of a pattern list may end by opening a list of its own.
    if (
      block.folded === 'pattern-list' &&
      statement.text.endsWith('>') &&
      /<pattern-list>$/i.test(statement.text.slice(-14))
    )
      block.depth++;
    block.children.push({ kind: 'entry', line, depth, value: statement, comment });
  }

  #directive(line: Line, statement: Word, comment: Word | undefined): void {
    const { first, rest } = firstWord(statement);
    const more = opensMacro(first, rest) ? this.#macroLines(rest) : NO_LINES;
    const value = more.length === 0 ? rest : joined(rest, more);
    this.#children.push({ kind: 'directive', line, more, keyword: first, value, comment });
  }

  #macroLines(start: Word): Line[] {
    const more: Line[] = [];
    for (let last = start.text; ;) {
      const line = this.lines[this.#next];
      if (line === undefined) return more;
      const { statement } = statementOf(line);
      if (endsMacro(last, statement.text, more.length === 0)) return more;
      more.push(line);
      last = statement.text;
      this.#next++;
    }
  }

  #openingTag(line: Line, statement: Word): void {
    const stop = statement.text.indexOf('>');
    if (stop === -1) return this.#stray(line, statement, `the tag has no ">" ${hashHint(line)}`.trim());
    if (stop < statement.text.length - 1) {
      return this.#stray(line, statement, 'text follows the tag on its line; a block starts on a line of its own');
    }
    const inner = trimmed(statement.text, 1, stop);
    const { first: tag, rest: name } = firstWord({ text: inner.text, column: statement.column + inner.column - 1 });
    if (tag.text === '') return this.#stray(line, statement, 'the tag has no name');
    const folded = tag.text.toLowerCase();
    const block = this.#block;
    if (block && !mayHold(block.folded, folded)) {
      this.#leave(undefined, `is not closed before <${tag.text}> on line ${line.number}, which cannot stand inside it`);
    }
    if (this.#open.length >= MOST_LEVELS)
      return this.#stray(line, statement, `blocks stand in blocks, more than ${MOST_LEVELS} levels deep`);
    this.#open.push({ open: line, tag, folded, name, children: [], depth: 0, holdsEntries: ENTRY_TAGS.has(folded) });
    this.#tags.set(folded, (this.#tags.get(folded) ?? 0) + 1);
  }

  #closingTag(line: Line, statement: Word): void {
    const stop = statement.text.indexOf('>');
    const inner = trimmed(statement.text, 2, stop === -1 ? statement.text.length : stop);
    // A closing tag may repeat the name: </virtual-mta mta1>.
    const tag = firstWord(inner).first.text;
    const folded = tag.toLowerCase();
    if (stop !== statement.text.length - 1) return this.#stray(line, statement, `the closing tag does not end in ">"`);
    if (!this.#tags.get(folded)) return this.#stray(line, statement, `</${tag}> closes nothing: no <${tag}> is open`);
    while (this.#block && this.#block.folded !== folded)
      this.#leave(undefined, `is not closed before </${tag}> on line ${line.number}`);
    const block = this.#block;
    if (block && block.depth > 0) {
      block.children.push({ kind: 'entry', line, depth: block.depth--, value: statement, comment: undefined });
    } else this.#leave(line);
  }

  /** Ends the innermost block, at its closing tag or, with a complaint, without one. */
  #leave(close: Line | undefined, complaint?: string): void {
    const block = this.#open.pop();
    if (!block) return;
    this.#tags.set(block.folded, (this.#tags.get(block.folded) ?? 1) - 1);
    if (complaint !== undefined) {
      this.#problems.push({
        line: block.open.number,
        column: block.tag.column,
        message: `<${block.tag.text}> ${complaint}`,
      });
    }
    const { open, tag, name, children } = block;
    const node: Block = { kind: 'block', open, tag, name, children, close };
    this.#children.push(node);
  }

  #stray(line: Line, statement: Word, message: string): void {
    this.#problems.push({ line: line.number, column: statement.column, message });
    this.#children.push({ kind: 'stray', line });
  }
}

/** Unknown tags may hold anything and stand anywhere: another rule reports them. */
function mayHold(outer: string, inner: string): boolean {
  if (ENTRY_TAGS.has(outer)) return false;
  return !TOP_TAGS.has(inner) || !TOP_TAGS.has(outer) || (INSIDE[outer]?.includes(inner) ?? false);
}

/** The tags whose place is known. */
const TOP_TAGS = new Set([
  ...['spool', 'bounce-processor', 'feedback-loop-processor', 'address-list', 'email-patterns', 'source', 'smtp-user'],
  ...['source-group', 'domain', 'acct-file', 'virtual-mta', 'virtual-mta-pool', 'pattern-list', 'smtp-pattern-list'],
  ...['smtp-listener', 'bounce-category-patterns', 'mx-rollup-list', 'domain-key-list', 'rewrite-list'],
]);

const NO_LINES: readonly Line[] = [];

/** The value of a directive that goes on over more lines, as one text. */
function joined(value: Word, more: readonly Line[]): Word {
  const parts = [value.text, ...more.map((line) => statementOf(line).statement.text)];
  return { text: parts.filter((part) => part !== '').join(' '), column: value.column };
}

const hashHint = (line: Line): string => (line.text.includes('#') ? '("#" starts a comment, also inside a tag)' : '');
