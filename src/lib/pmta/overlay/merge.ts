import { afterHeading, indentOf, inserted, isBlock, nameOf, withChildren } from '../adapt/edit.js';
import { folded, linesOf, type Block, type Directive, type Line, type Node } from '../document.js';
import { blockedReason } from './owned.js';
import { firstMatches, isList, keyOf } from './keys.js';

/** What became of one statement of an overlay. */
export interface Placed {
  /** The line of the overlay. */
  readonly line: Line;
  readonly node: Directive | Block | Line;
  /** The blocks around it, from the outside in. */
  readonly path: readonly Block[];
  /** `same`: it was so already. */
  readonly how: 'added' | 'replaced' | 'same';
  /** The directives that it replaces. */
  readonly instead: readonly Directive[];
}

/** Collects what is done, and what cannot be. */
export interface Book {
  readonly placed: Placed[];
  readonly refused: { readonly line: number; readonly reason: string }[];
}

/** Lines of an overlay have negative numbers while they stand among those of the rendering: -7 is its line 7. */
export const marked = (line: Line): Line => ({ ...line, number: -Math.abs(line.number), end: '\n' });

function markedNode(node: Node): Node {
  if (node.kind === 'block')
    return {
      ...node,
      open: marked(node.open),
      children: node.children.map(markedNode),
      close: node.close && marked(node.close),
    };
  if (node.kind === 'directive') return { ...node, line: marked(node.line), more: node.more.map(marked) };
  return { ...node, line: marked(node.line) };
}

/** The statements of an overlay put into nodes of the same place, in the order of the overlay. */
export function merged(
  nodes: readonly Node[],
  overlay: readonly Node[],
  path: readonly Block[],
  book: Book,
): readonly Node[] {
  let result = nodes;
  for (const node of overlay) {
    if (node.kind === 'directive') result = withDirective(result, node, path, book);
    else if (node.kind === 'block') result = withBlock(result, node, path, book);
  }
  return result;
}

function withDirective(
  nodes: readonly Node[],
  directive: Directive,
  path: readonly Block[],
  book: Book,
): readonly Node[] {
  const at = nodes.findIndex((node) => isSameKey(node, directive));
  if (at === -1) {
    book.placed.push({ line: directive.line, node: directive, path, how: 'added', instead: [] });
    return inserted(nodes, placeFor(nodes, directive, path), [indented(directive, indentIn(nodes, path))]);
  }
  return replaced(nodes, directive, path, book);
}

const isSameKey = (node: Node, directive: Directive): node is Directive =>
  node.kind === 'directive' && keyOf(node) === keyOf(directive);

/** The first directive of the key is replaced, and others of it go. */
function replaced(nodes: readonly Node[], directive: Directive, path: readonly Block[], book: Book): readonly Node[] {
  const old = nodes.filter((node): node is Directive => isSameKey(node, directive));
  const [first] = old;
  const isSame = old.every((one) => one.value.text === directive.value.text);
  const how = isSame ? 'same' : 'replaced';
  book.placed.push({ line: directive.line, node: directive, path, how, instead: isSame ? [] : old });
  if (isSame || !first) return nodes;
  const indent = first.line.text.slice(0, first.keyword.column - 1);
  return nodes.flatMap((node) =>
    node === first ? indented(directive, indent) : isSameKey(node, directive) ? [] : node,
  );
}

function indented(directive: Directive, indent: string): Directive {
  const { keyword, value, line, more } = directive;
  const shift = indent.length + 1 - keyword.column;
  return {
    ...directive,
    line: marked({ ...line, text: `${indent}${line.text.trim()}` }),
    more: more.map(marked),
    keyword: { ...keyword, column: keyword.column + shift },
    value: { ...value, column: value.column + shift },
  };
}

const indentIn = (nodes: readonly Node[], path: readonly Block[]): string => {
  const outer = path.at(-1);
  return outer ? indentOf(withChildren(outer, nodes)) : '';
};

/** After the last directive of a block; at the top level, after those that stand before the first block. */
function placeFor(nodes: readonly Node[], directive: Directive, path: readonly Block[]): number {
  // Those of the overlay keep their own order.
  const first = nodes.findIndex(
    (node) => node.kind === 'directive' && node.line.number >= 0 && folded(node.keyword) === folded(directive.keyword),
  );
  if (first !== -1 && firstMatches(folded(directive.keyword))) return first;
  const block = path.length === 0 ? nodes.findIndex((node) => node.kind === 'block') : -1;
  const before = block === -1 ? nodes : nodes.slice(0, block);
  const last = before.findLastIndex((node) => node.kind === 'directive');
  return last === -1 && path.length === 0 ? afterHeading(nodes) : last + 1;
}

const isSameBlock = (node: Node, block: Block): node is Block => {
  if (!isBlock(node, folded(block.tag))) return false;
  // Domains compare as DNS does; other names as they are written.
  return isBlock(block, 'domain')
    ? nameOf(node).toLowerCase() === nameOf(block).toLowerCase()
    : nameOf(node) === nameOf(block);
};

function withBlock(nodes: readonly Node[], block: Block, path: readonly Block[], book: Book): readonly Node[] {
  const targets = nodes.filter((node): node is Block => isSameBlock(node, block));
  const last = targets.at(-1);
  if (!last) {
    book.placed.push({ line: block.open, node: block, path, how: 'added', instead: [] });
    return inserted(nodes, blockPlace(nodes, block), [markedNode(block)]);
  }
  if (isList(folded(block.tag))) {
    const list = withEntries(targets[0] ?? last, block, path, book);
    return nodes.map((node) => (node === (targets[0] ?? last) ? list : node));
  }
  const changed = new Map<Node, Block>(targets.map((target) => [target, target]));
  for (const child of block.children) {
    if (child.kind !== 'directive' && child.kind !== 'block') continue;
    const reason = child.kind === 'directive' ? blockedReason(folded(child.keyword), last) : undefined;
    if (reason !== undefined && child.kind === 'directive') {
      book.refused.push({ line: child.line.number, reason: `${child.keyword.text}: ${reason}` });
      continue;
    }
    // Two blocks of one name are merged by PowerMTA, and which one wins is not known: all of them get the value.
    const holders = targets.filter((target) => (changed.get(target)?.children ?? []).some((one) => holds(one, child)));
    for (const target of holders.length > 0 ? holders : [last]) {
      const now = changed.get(target) ?? target;
      changed.set(target, withChildren(now, merged(now.children, [child], [...path, now], book)));
    }
  }
  return nodes.map((node) => changed.get(node) ?? node);
}

const holds = (node: Node, child: Directive | Block): boolean =>
  child.kind === 'directive' ? isSameKey(node, child) : isSameBlock(node, child);

/** A domain goes after the last one, a list of patterns before the first source that may name it, and the rest to the end. */
function blockPlace(nodes: readonly Node[], block: Block): number {
  if (isBlock(block, 'domain')) return nodes.findLastIndex((node) => isBlock(node, 'domain')) + 1 || nodes.length;
  if (!isBlock(block, 'pattern-list')) return nodes.length;
  const source = nodes.findIndex((node) => isBlock(node, 'source'));
  return source === -1 ? nodes.length : source;
}

/** A list with the entries of the overlay before its own, unless it begins with them already. */
function withEntries(target: Block, block: Block, path: readonly Block[], book: Book): Block {
  const wanted = block.children.filter((child) => child.kind === 'entry' || child.kind === 'directive');
  const own = target.children.filter((child) => child.kind === 'entry' || child.kind === 'directive');
  const text = (node: Node): string => [...linesOf([node])].map((line) => line.text.trim()).join('\n');
  const isSame = wanted.every((entry, at) => {
    const there = own[at];
    return there !== undefined && text(there) === text(entry);
  });
  for (const { line } of wanted)
    book.placed.push({ line, node: line, path: [...path, target], how: isSame ? 'same' : 'added', instead: [] });
  if (isSame) return target;
  const first = target.children.find((child) => child.kind === 'entry' || child.kind === 'directive');
  const indent = /^[ \t]*/.exec(first ? first.line.text : '    ')?.[0] ?? '';
  const entries = wanted.map((entry): Node => {
    const line = marked({ ...entry.line, text: `${indent}${entry.line.text.trim()}` });
    return entry.kind === 'directive' ? { ...entry, line, more: entry.more.map(marked) } : { ...entry, line };
  });
  return withChildren(target, [...entries, ...target.children]);
}
