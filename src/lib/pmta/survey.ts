import { singleFile, type Configuration, type ConfigurationFile } from './configuration.js';
import {
  folded,
  linesOf,
  unquoted,
  type Block,
  type Directive,
  type Document,
  type Entry,
  type Line,
  type Node,
  type Word,
} from './document.js';
import { statementOf } from './lines.js';

/** A directive and where it stands: `scope` is `global` or the tag of the innermost block, `path` the blocks from the outside in. */
export interface Statement {
  readonly scope: string;
  readonly path: readonly Block[];
  readonly directive: Directive;
  readonly keyword: string;
  /** Its place in the order in which PowerMTA reads, across included files. */
  readonly order: number;
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
  readonly order: number;
}

export interface Macro {
  readonly name: Word;
  readonly members: readonly string[];
  readonly directive: Directive;
}

/** A configuration laid out flat, in the order in which it is read: what most questions about it are asked of. */
export interface Survey {
  readonly configuration: Configuration;
  readonly statements: readonly Statement[];
  readonly entries: readonly PlacedEntry[];
  readonly blocks: readonly PlacedBlock[];
  readonly macros: readonly Macro[];
  /** Whether other files are read in that are not known: then what is missing here may be there. */
  readonly hasIncludes: boolean;
  /** Directives by keyword, in lower case. */
  all(keyword: string): readonly Statement[];
  /** Blocks by tag, in lower case. */
  blocksOf(tag: string): readonly PlacedBlock[];
  /** What stands directly in a block, with what its includes bring in; each line once, however often the block itself is included. */
  inside(block: Block): readonly Statement[];
  /** The entries of a block, in the same way. */
  entriesOf(block: Block): readonly Entry[];
  fileOf(line: Line): ConfigurationFile;
  /** `line 7`, or `line 7 of /etc/pmta/more` where there are several files. */
  nameOf(line: Line): string;
}

/** How many times files are put in place of an `include`, at most: files that include each other twice double at each step. */
const MOST_INCLUSIONS = 10_000;
/** How many nodes they bring in, at most; an `include` beyond this counts as one that is not followed. */
const MOST_INCLUDED_NODES = 500_000;

export function survey(of: Document | Configuration): Survey {
  const configuration = 'files' in of ? of : singleFile(of);
  const statements: Statement[] = [];
  const entries: PlacedEntry[] = [];
  const blocks: PlacedBlock[] = [];
  let order = 0;
  let unknown = false;
  walk(configuration, (node, path, expanded) => {
    const parent = path.at(-1);
    const scope = parent ? folded(parent.tag) : 'global';
    order++;
    if (node.kind === 'directive')
      statements.push({ scope, path, directive: node, keyword: folded(node.keyword), order });
    else if (node.kind === 'entry' && parent) entries.push({ scope, block: parent, entry: node });
    else if (node.kind === 'block')
      blocks.push({ tag: folded(node.tag), name: unquoted(node.name.text), path, block: node, order });
    if (!expanded && isInclude(node)) unknown = true;
  });
  const byKeyword = grouped(statements, (statement) => statement.keyword);
  const byTag = grouped(blocks, (block) => block.tag);
  const places = linePlaces(configuration);
  let byBlock: Map<Block | undefined, Statement[]> | undefined;
  let entriesByBlock: Map<Block, PlacedEntry[]> | undefined;
  const fileOf = (line: Line): ConfigurationFile => places.get(line) ?? configuration.files[0];
  return {
    configuration,
    statements,
    entries,
    blocks,
    macros: (byKeyword.get('domain-macro') ?? []).map(({ directive }) => macro(directive)),
    hasIncludes: unknown,
    all: (keyword) => byKeyword.get(keyword) ?? [],
    blocksOf: (tag) => byTag.get(tag) ?? [],
    inside: (block) => {
      byBlock ??= grouped(
        onceInBlock(statements, ({ path, directive }) => [path.at(-1), directive]),
        ({ path }) => path.at(-1),
      );
      return byBlock.get(block) ?? [];
    },
    entriesOf: (block) => {
      entriesByBlock ??= grouped(
        onceInBlock(entries, (placed) => [placed.block, placed.entry.line]),
        (placed) => placed.block,
      );
      return (entriesByBlock.get(block) ?? []).map(({ entry }) => entry);
    },
    fileOf,
    nameOf: (line) => `line ${line.number}${places.size > 0 ? ` of ${fileOf(line).name}` : ''}`,
  };
}

function isInclude(node: Node): boolean {
  if (node.kind === 'directive') return node.keyword.text.length === 7 && folded(node.keyword) === 'include';
  return node.kind === 'entry' && /^include\s/i.test(node.value.text);
}

/**
 * Visits all nodes in the order in which they are read, with a stack of its own: blocks may be nested without limit. What an `include`
 * brings in is visited where it stands.
 */
function walk(
  { files, included }: Configuration,
  visit: (node: Node, path: readonly Block[], expanded: boolean) => void,
): void {
  const rest: { nodes: readonly Node[]; path: readonly Block[]; next: number; entries: boolean }[] = [
    { nodes: files[0].document.nodes, path: [], next: 0, entries: false },
  ];
  let inclusions = 0;
  let brought = 0;
  for (let level = rest.at(-1); level !== undefined; level = rest.at(-1)) {
    const found = level.nodes[level.next++];
    if (found === undefined) {
      rest.pop();
      continue;
    }
    const node = level.entries ? asEntry(found) : found;
    const { path } = level;
    // Only unknown tags nest deeper than two; of those, the innermost blocks are path enough.
    if (node.kind === 'block') {
      visit(node, path, false);
      rest.push({ nodes: node.children, path: [...path.slice(-3), node], next: 0, entries: false });
      continue;
    }
    const isBounded = inclusions < MOST_INCLUSIONS && brought < MOST_INCLUDED_NODES;
    const more = included.size > 0 && isBounded ? included.get(node.line) : undefined;
    visit(node, path, more !== undefined);
    if (!more) continue;
    inclusions += more.length;
    for (const { document } of more.slice().reverse()) {
      brought += document.nodes.length;
      rest.push({ nodes: document.nodes, path, next: 0, entries: node.kind === 'entry' });
    }
  }
}

/** A line that was read as a directive, and stands in a list of entries by way of an `include`. */
function asEntry(node: Node): Node {
  if (node.kind !== 'directive') return node;
  const { statement, comment } = statementOf(node.line);
  return { kind: 'entry', line: node.line, depth: 0, value: statement, comment };
}

/** The file of each line of the included files. */
function linePlaces({ files }: Configuration): Map<Line, ConfigurationFile> {
  const places = new Map<Line, ConfigurationFile>();
  for (const file of files.slice(1)) for (const line of linesOf(file.document.nodes)) places.set(line, file);
  return places;
}

function macro(directive: Directive): Macro {
  const [name = '', ...list] = directive.value.text.split(/[\s,]+/);
  return {
    name: { text: name, column: directive.value.column },
    members: list.filter((member) => member !== ''),
    directive,
  };
}

/** Without what stands in the same block a second time, since that is included twice. */
function onceInBlock<Item>(
  items: readonly Item[],
  placeOf: (item: Item) => readonly [block: Block | undefined, what: Directive | Line],
): Item[] {
  const seen = new Map<Block | undefined, Set<unknown>>();
  return items.filter((item) => {
    const [block, what] = placeOf(item);
    const inBlock = seen.get(block) ?? new Set();
    seen.set(block, inBlock);
    return inBlock.size < inBlock.add(what).size;
  });
}

/** Items by their key, in their order. */
export function grouped<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
