import {
  folded,
  unquoted,
  type Block,
  type Directive,
  type Document,
  type Entry,
  type Node,
  type Word,
} from './document.js';

/** A directive and where it stands: `scope` is `global` or the tag of the innermost block, `path` the blocks from the outside in. */
export interface Statement {
  readonly scope: string;
  readonly path: readonly Block[];
  readonly directive: Directive;
  readonly keyword: string;
}

export interface PlacedEntry {
  readonly scope: string;
  readonly block: Block;
  readonly entry: Entry;
}

export interface PlacedBlock {
  readonly tag: string;
  /** The name without quotes. */
  readonly name: string;
  readonly path: readonly Block[];
  readonly block: Block;
}

export interface Macro {
  readonly name: Word;
  readonly members: readonly string[];
  readonly directive: Directive;
}

/** A document laid out flat, in the order of the file: what most questions about it are asked of. */
export interface Survey {
  readonly document: Document;
  readonly statements: readonly Statement[];
  readonly entries: readonly PlacedEntry[];
  readonly blocks: readonly PlacedBlock[];
  readonly macros: readonly Macro[];
  /** Whether other files are read in: then what is missing here may be there. */
  readonly hasIncludes: boolean;
  /** Directives by keyword, in lower case. */
  all(keyword: string): readonly Statement[];
  /** Blocks by tag, in lower case. */
  blocksOf(tag: string): readonly PlacedBlock[];
}

export function survey(document: Document): Survey {
  const statements: Statement[] = [];
  const entries: PlacedEntry[] = [];
  const blocks: PlacedBlock[] = [];
  walk(document.nodes, (node, path) => {
    const parent = path.at(-1);
    const scope = parent ? folded(parent.tag) : 'global';
    if (node.kind === 'directive') statements.push({ scope, path, directive: node, keyword: folded(node.keyword) });
    else if (node.kind === 'entry' && parent) entries.push({ scope, block: parent, entry: node });
    else if (node.kind === 'block')
      blocks.push({ tag: folded(node.tag), name: unquoted(node.name.text), path, block: node });
  });
  const byKeyword = grouped(statements, (statement) => statement.keyword);
  const byTag = grouped(blocks, (block) => block.tag);
  return {
    document,
    statements,
    entries,
    blocks,
    macros: (byKeyword.get('domain-macro') ?? []).map(({ directive }) => macro(directive)),
    hasIncludes: byKeyword.has('include') || entries.some(({ entry }) => /^include\s/i.test(entry.value.text)),
    all: (keyword) => byKeyword.get(keyword) ?? [],
    blocksOf: (tag) => byTag.get(tag) ?? [],
  };
}

/** Visits all nodes in the order of the file, with a stack of its own: blocks may be nested without limit. */
function walk(nodes: readonly Node[], visit: (node: Node, path: readonly Block[]) => void): void {
  const rest: { nodes: readonly Node[]; path: readonly Block[]; next: number }[] = [{ nodes, path: [], next: 0 }];
  for (let level = rest.at(-1); level !== undefined; level = rest.at(-1)) {
    const node = level.nodes[level.next++];
    if (node === undefined) {
      rest.pop();
      continue;
    }
    visit(node, level.path);
    // Only unknown tags nest deeper than two; of those, the innermost blocks are path enough.
    if (node.kind === 'block') rest.push({ nodes: node.children, path: [...level.path.slice(-3), node], next: 0 });
  }
}

function macro(directive: Directive): Macro {
  const [name = '', ...list] = directive.value.text.split(/[\s,]+/);
  return {
    name: { text: name, column: directive.value.column },
    members: list.filter((member) => member !== ''),
    directive,
  };
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
