import type { Block, Entry, Node, Word } from '../document.js';
import { entryKind, regexEntry, virtualMtaOf } from '../entry.js';
import { firstWord, wordsOf } from '../lines.js';
import type { Survey } from '../survey.js';
import { valueOf } from './edit.js';
import { INBOUND_SOURCE } from './inbound.js';

/** Directives beside `default-virtual-mta` that name a virtual MTA or a pool. */
export const REFERENCES: ReadonlySet<string> = new Set([
  'cold-virtual-mta',
  'invalid-virtual-mta-fallback',
  'reroute-to-virtual-mta',
  'backoff-reroute-to-virtual-mta',
]);

/** A default that stands for the virtual MTA of the address that was connected to. */
export const isByAddress = (name: string): boolean => name.toLowerCase() === 'by-smtp-source-ip';

/**
 * One way to a virtual MTA or a pool. `default`: mail of nobody in particular; `sender`: an entry of a map from senders; `pattern`: any
 * other entry of a pattern list; `reference`: a directive that sends mail on to it.
 */
export interface Lead {
  readonly kind: 'default' | 'sender' | 'pattern' | 'reference';
  readonly target: string;
  readonly line: number;
  /** The pattern list that it is an entry of. */
  readonly list?: string;
}

/** An entry of a pattern list with all that belongs to it: the inline list that it may open, and comments in that. */
export interface EntryGroup {
  readonly nodes: readonly Node[];
  readonly entries: readonly Entry[];
}

/** The parts of a pattern list in their order: entries with their inline lists, and single comments and blank lines. */
export function partsOf(list: Block): (EntryGroup | Node)[] {
  const parts: (EntryGroup | Node)[] = [];
  let open: { nodes: Node[]; entries: Entry[] } | undefined;
  for (const node of list.children) {
    if (node.kind === 'entry' && node.depth === 0) {
      open = { nodes: [node], entries: [node] };
      parts.push(open);
    } else if (node.kind === 'entry' && open) {
      open.nodes.push(node);
      open.entries.push(node);
    } else if (open && opensInlineList(open.entries)) open.nodes.push(node);
    else parts.push(node);
  }
  return parts;
}

export const isGroup = (part: EntryGroup | Node): part is EntryGroup => 'entries' in part;

export const groupsOf = (list: Block): EntryGroup[] => partsOf(list).filter(isGroup);

/** Whether an inline list is open after these entries. */
function opensInlineList(entries: readonly Entry[]): boolean {
  const opened = entries.filter(({ value }) => /<pattern-list>$/i.test(value.text)).length;
  return opened > entries.filter(({ value }) => value.text.startsWith('</')).length;
}

/** The virtual MTA or pool that an entry of a pattern list sends to. */
export function targetOf(entry: Entry): Word | undefined {
  const parts = regexEntry(entry);
  return virtualMtaOf(parts ? parts.result : firstWord(entry.value).rest);
}

export const targetsOf = ({ entries }: EntryGroup): string[] => entries.flatMap((entry) => targetOf(entry)?.text ?? []);

/** Whether an entry looks at who sends: the envelope sender, or a header that names a person. */
export function asksForSender(entry: Entry): boolean {
  if (entryKind(entry) !== 'header') return entryKind(entry) === 'mail-from';
  return /^(from|sender|reply-to|return-path)$/i.test(wordsOf(entry.value)[1]?.text ?? '');
}

/**
 * Whether a group maps senders to virtual MTAs and does nothing else. `keepsName` says of which targets that is not so: whoever goes
 * to a virtual MTA that discards is not mapped but stopped.
 */
export function isSenderMap(group: EntryGroup, keepsName: (target: string) => boolean): boolean {
  const [head, ...inner] = group.entries;
  const targets = targetsOf(group);
  return (
    head !== undefined &&
    asksForSender(head) &&
    targets.length > 0 &&
    !targets.some(keepsName) &&
    !group.entries.some(({ value }) => /\bcall-to:/i.test(value.text)) &&
    inner.every((entry) => asksForSender(entry) || entryKind(entry) === '*' || entry.value.text.startsWith('</'))
  );
}

/** All ways to virtual MTAs and pools. `discards` says which virtual MTAs send nothing. */
export function leadsIn(surveyed: Survey, discards: (name: string) => boolean): Lead[] {
  // Only reports come in at the source of this project, to the address of each sender's own.
  const standard = surveyed.all('default-virtual-mta').filter(({ path }) => path.at(-1)?.name.text !== INBOUND_SOURCE);
  const byAddress = standard.find(({ directive }) => isByAddress(valueOf(directive)));
  const defaults = standard.map(({ directive }): Lead => {
    return { kind: 'default', target: valueOf(directive), line: directive.line.number };
  });
  if (byAddress)
    for (const { name } of surveyed.blocksOf('virtual-mta'))
      defaults.push({ kind: 'default', target: name, line: byAddress.directive.line.number });
  const references = [...REFERENCES].flatMap((keyword) =>
    surveyed.all(keyword).flatMap(({ directive }): Lead[] => {
      // `cold-virtual-mta CIDR HOST` is an older form, which names none.
      if (wordsOf(directive.value).length !== 1) return [];
      return [{ kind: 'reference', target: valueOf(directive), line: directive.line.number }];
    }),
  );
  const entries = surveyed.blocksOf('pattern-list').flatMap(({ block, name: list }) =>
    groupsOf(block).flatMap((group) => {
      const kind = isSenderMap(group, discards) ? 'sender' : 'pattern';
      return group.entries.flatMap((entry): Lead[] => {
        const target = targetOf(entry);
        return target ? [{ kind, target: target.text, line: entry.line.number, list }] : [];
      });
    }),
  );
  return [...defaults, ...references, ...entries];
}
