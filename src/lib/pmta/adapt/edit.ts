import {
  folded,
  linesOf,
  unquoted,
  type Block,
  type Directive,
  type Entry,
  type Line,
  type Node,
  type Word,
} from '../document.js';
import { firstWord } from '../lines.js';
import { parseText } from '../parse.js';

/** Nodes of new text. Their lines are numbered 0: they stand nowhere in the original. */
export function written(lines: readonly string[]): readonly Node[] {
  return unnumbered(parseText(lines.map((line) => `${line}\n`).join('')).nodes);
}

/** The same nodes as a copy of what stands elsewhere in the original. */
export function unnumbered(nodes: readonly Node[]): readonly Node[] {
  const anywhere = (line: Line): Line => ({ ...line, number: 0 });
  return nodes.map((node) => {
    if (node.kind !== 'block') return { ...node, line: anywhere(node.line) };
    const { close, children, open } = node;
    return { ...node, open: anywhere(open), children: unnumbered(children), close: close && anywhere(close) };
  });
}

/** The line with another text in the place of one of its words; blanks and comment stay as they are. */
function replaced(line: Line, word: Word, text: string): Line {
  const from = word.column - 1;
  return { ...line, text: line.text.slice(0, from) + text + line.text.slice(from + word.text.length) };
}

/** The directive with another value, or the directive itself where it has that value already. */
export function withValue(directive: Directive, value: string): Directive {
  if (directive.value.text === value) return directive;
  const separator = directive.value.text === '' ? ' ' : '';
  const at = {
    ...directive.value,
    column:
      directive.value.text === '' ? directive.keyword.column + directive.keyword.text.length : directive.value.column,
  };
  return {
    ...directive,
    line: replaced(directive.line, at, separator + value),
    value: { text: value, column: at.column + separator.length },
  };
}

/** The directive with another first word. */
export function withFirstWord(directive: Directive, word: string): Directive {
  const { first } = firstWord(directive.value);
  return first.text === word ? directive : withValue(directive, word + directive.value.text.slice(first.text.length));
}

/** The entry with another text in the place of one of its words, or the entry itself where that is the same. */
export function withWord(entry: Entry, word: Word, text: string): Entry {
  if (word.text === text) return entry;
  const from = word.column - entry.value.column;
  const value = entry.value.text.slice(0, from) + text + entry.value.text.slice(from + word.text.length);
  return { ...entry, line: replaced(entry.line, word, text), value: { ...entry.value, text: value } };
}

/** The block with another name, or the block itself where it has that name already. */
export function withName(block: Block, name: string): Block {
  if (unquoted(block.name.text) === name) return block;
  return { ...block, open: replaced(block.open, block.name, name), name: { ...block.name, text: name } };
}

export const withChildren = (block: Block, children: readonly Node[]): Block => ({ ...block, children });

export const isBlock = (node: Node, tag: string): node is Block => node.kind === 'block' && folded(node.tag) === tag;

export const isDirective = (node: Node, keyword: string): node is Directive =>
  node.kind === 'directive' && folded(node.keyword) === keyword;

export const nameOf = (block: Block): string => unquoted(block.name.text);

export const valueOf = (directive: Directive): string => unquoted(directive.value.text);

/** The first directive of this name directly in the block. */
export const directiveIn = (block: Block, keyword: string): Directive | undefined =>
  block.children.find((node): node is Directive => isDirective(node, keyword));

/** The nodes with others put in at a place. */
export const inserted = (nodes: readonly Node[], at: number, added: readonly Node[]): readonly Node[] => [
  ...nodes.slice(0, at),
  ...added,
  ...nodes.slice(at),
];

/** Where a statement goes that has no place yet: after the heading comment of the file. */
export function afterHeading(nodes: readonly Node[]): number {
  const first = nodes.findIndex((node) => node.kind !== 'blank' && node.kind !== 'comment');
  return first === -1 ? nodes.length : first;
}

/** The indentation of the lines of a block, taken from its first statement. */
export function indentOf(block: Block): string {
  const first = block.children.find((node) => node.kind === 'directive');
  return first ? first.line.text.slice(0, first.keyword.column - 1) : '    ';
}

/** Whether two lists of nodes say the same, line by line. */
export function sameText(some: readonly Node[], others: readonly Node[]): boolean {
  const text = (nodes: readonly Node[]): string => [...linesOf(nodes)].map((line) => line.text).join('\n');
  return text(some) === text(others);
}
