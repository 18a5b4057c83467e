import type { Document } from '../../src/lib/pmta/document.js';

export interface Message {
  readonly mailFrom: string;
  readonly recipient: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Entry {
  readonly kind: string;
  readonly regex: RegExp | undefined;
  readonly target: string | undefined;
  readonly inline: readonly Entry[];
}

/**
 * The virtual MTA or pool that a pattern list chooses for a message: the first entry that matches, and within it the first of its inline
 * list. A reading of its own, from lines of text, so that it shares no mistake with what it judges.
 */
export function routeOf({ nodes }: Document, list: string, message: Message): string | undefined {
  const found = nodes.find(
    (node) => node.kind === 'block' && /^pattern-list$/i.test(node.tag.text) && node.name.text === list,
  );
  const lines =
    found?.kind === 'block' ? found.children.flatMap((node) => (node.kind === 'entry' ? node.value.text : [])) : [];
  return first(read([...lines]), message);
}

/** Takes entries off the front of the lines, up to the end of their list. */
function read(lines: string[]): Entry[] {
  const entries: Entry[] = [];
  for (let line = lines.shift(); line !== undefined && !line.startsWith('</'); line = lines.shift()) {
    const [, kind = '', , regex, rest = ''] =
      /^(\*|(?:mail-from|rcpt-to|header \S+))( \/(.*)\/)? (.*)$/.exec(line) ?? [];
    const target = /virtual-mta=(\S+)/.exec(rest)?.[1];
    const inline = rest.endsWith('<pattern-list>') ? read(lines) : [];
    entries.push({ kind, regex: regex === undefined ? undefined : new RegExp(regex, 'i'), target, inline });
  }
  return entries;
}

function first(entries: readonly Entry[], message: Message): string | undefined {
  const entry = entries.find(({ kind, regex }) => regex === undefined || regex.test(valueOf(kind, message)));
  return entry && (entry.inline.length > 0 ? first(entry.inline, message) : entry.target);
}

function valueOf(kind: string, { mailFrom, recipient, headers }: Message): string {
  if (kind === 'mail-from') return mailFrom;
  return kind === 'rcpt-to' ? recipient : (headers[kind.slice('header '.length).toLowerCase()] ?? '');
}
