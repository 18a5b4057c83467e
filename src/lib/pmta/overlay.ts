import type { AdaptationItem } from './adapt/report.js';
import { isGeneratedName } from './adapt/plan.js';
import { isBlock, nameOf, withChildren } from './adapt/edit.js';
import { folded, linesOf, type Block, type Directive, type Document, type Node } from './document.js';
import { parseText } from './parse.js';
import { isList } from './overlay/keys.js';
import { merged, type Book, type Placed } from './overlay/merge.js';
import { refusedLines, tagOf, type RefusedLine } from './overlay/refusals.js';
import { uncertain } from './overlay/winners.js';
import { SECRET_DIRECTIVES } from './redact.js';

/** A rendering with an overlay in it. */
export interface Overlaid {
  readonly document: Document;
  /** For each line of the document, from the first: the line of the overlay that it is; 0 for any other. */
  readonly origins: readonly number[];
  /** What became of each statement of the overlay; lines are those of the overlay. */
  readonly report: readonly AdaptationItem[];
  /** Nothing may be rendered while there are any. */
  readonly refused: readonly RefusedLine[];
}

export interface OverlayOptions {
  /** What the overlay is called in the report. */
  readonly file: string;
  /** Addresses of the hosts that hand over mail: their sources are the tool's own. */
  readonly feeders: readonly string[];
}

/**
 * Merges an operator's own additions into a rendering. A directive replaces the one of the same name in the same block, or is added
 * to it; entries of a list come before its own, of which the first that matches decides; a block that the rendering does not have is
 * added whole. What the settings decide is refused. Everything else keeps its bytes, and merging again changes nothing.
 */
export function overlaid(document: Document, overlay: Document, { file, feeders }: OverlayOptions): Overlaid {
  const { nodes, absent } = present(overlay.nodes, document);
  const refused = refusedLines({ ...overlay, nodes }, document, feeders);
  if (refused.length > 0) return { document, origins: [], report: [], refused: byLine(refused) };
  const book: Book = { placed: [], refused: [] };
  const result = merged(document.nodes, withListsJoined(nodes), [], book);
  const lines = [...linesOf(result)];
  const whole = parseText(
    lines.map(({ text, end }, at) => text + (end === '' && at + 1 < lines.length ? '\n' : end)).join(''),
  );
  const origins = lines.map(({ number }) => Math.max(0, -number));
  const doubts = uncertain(whole, origins, book.placed);
  return {
    document: whole,
    origins,
    report: [
      ...book.placed.map((one) => item(one, file)),
      ...absent.map((block) => absentItem(block, file)),
      ...doubts.overridden.map(({ line, reason }) => ({
        action: 'left' as const,
        subject: `line ${line}`,
        file,
        line,
        reason,
      })),
    ].sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    refused: byLine([...book.refused, ...doubts.rivals]),
  };
}

const byLine = (lines: readonly RefusedLine[]): RefusedLine[] => [...lines].sort((a, b) => a.line - b.line);

/** The overlay with blocks of one list joined into the first of them: their entries come in the order in which they are written. */
function withListsJoined(nodes: readonly Node[]): readonly Node[] {
  const first = new Map<string, Block>();
  const more = new Map<Block, Block[]>();
  for (const node of nodes) {
    if (node.kind !== 'block' || !isList(folded(node.tag))) continue;
    const name = `${folded(node.tag)} ${nameOf(node)}`;
    const head = first.get(name) ?? node;
    first.set(name, head);
    more.set(head, [...(more.get(head) ?? []), node]);
  }
  return nodes.flatMap((node): Node[] => {
    if (node.kind !== 'block' || !isList(folded(node.tag))) return [node];
    const all = more.get(node);
    return all
      ? [
          withChildren(
            node,
            all.flatMap(({ children }) => children),
          ),
        ]
      : [];
  });
}

/** The overlay without blocks of virtual MTAs that this rendering has none of because it is for fewer IPs. */
function present(nodes: readonly Node[], document: Document): { nodes: readonly Node[]; absent: readonly Block[] } {
  const names = new Set(document.nodes.flatMap((node) => (isBlock(node, 'virtual-mta') ? [nameOf(node)] : [])));
  const isAbsent = (node: Node): node is Block =>
    isBlock(node, 'virtual-mta') && isGeneratedName(nameOf(node)) && !names.has(nameOf(node));
  return { nodes: nodes.filter((node) => !isAbsent(node)), absent: nodes.filter(isAbsent) };
}

function item({ line, node, path, how, instead }: Placed, file: string): AdaptationItem {
  const where = path.length === 0 ? '' : ` in ${path.map(tagOf).join(' ')}`;
  const subject = 'kind' in node ? (node.kind === 'block' ? tagOf(node) : shown(node)) : node.text.trim();
  const reasons = {
    added: 'the overlay adds it',
    same: 'the overlay sets what holds without it',
    replaced: `the overlay sets it, instead of ${instead.map(valueOf).join(' and ')}`,
  };
  const action = how === 'same' ? 'kept' : how === 'added' ? 'added' : 'changed';
  return { action, subject: `${subject}${where}`, file, line: line.number, reason: reasons[how] };
}

const isSecret = (directive: Directive): boolean => SECRET_DIRECTIVES.has(folded(directive.keyword));
const valueOf = (directive: Directive): string => (isSecret(directive) ? '[redacted]' : directive.value.text);
const shown = (directive: Directive): string => `${directive.keyword.text} ${valueOf(directive)}`.trim();

const absentItem = (block: Block, file: string): AdaptationItem => ({
  action: 'left',
  subject: tagOf(block),
  file,
  line: block.open.number,
  reason: 'this rendering has no such virtual MTA, so the block has no effect in it',
});
