import { isBlock, isDirective, nameOf } from './adapt/edit.js';
import type { Document } from './document.js';
import { compile, entryKind, regexEntry, virtualMtaOf } from './entry.js';
import { wordsOf } from './lines.js';

/** One entry of a sender list: the senders that match go through the virtual MTA. */
export interface SenderRoute {
  /** The regular expression as it is written, without its slashes. */
  readonly pattern: string;
  readonly virtualMta: string;
  /** The host or the address that the pattern stands for, where it stands for one literally. */
  readonly sender: string | undefined;
}

/** One virtual MTA as the configuration has it. */
export interface VirtualMta {
  readonly name: string;
  readonly ip: string | undefined;
  readonly host: string | undefined;
  readonly key: { readonly selector: string; readonly domain: string; readonly file: string } | undefined;
}

/** The routes by envelope sender of a pattern list, in the order in which they are tried. */
export function senderRoutes({ nodes }: Document, list: string): SenderRoute[] {
  return nodes
    .flatMap((node) => (isBlock(node, 'pattern-list') && nameOf(node) === list ? node.children : []))
    .flatMap((node) => {
      if (node.kind !== 'entry' || node.depth > 0 || entryKind(node) !== 'mail-from') return [];
      const parts = regexEntry(node);
      const target = parts && virtualMtaOf(parts.result);
      if (!parts?.regex || !target) return [];
      return [{ pattern: parts.regex.text, virtualMta: target.text, sender: literal(parts.regex.text) }];
    });
}

/** The virtual MTA of a sender: that of the first route that matches. */
export function virtualMtaFor(routes: readonly SenderRoute[], sender: string): string | undefined {
  return routes.find(({ pattern }) => compile(pattern)?.test(sender))?.virtualMta;
}

/** All virtual MTAs, in the order of the file. */
export function virtualMtas({ nodes }: Document): VirtualMta[] {
  return nodes.flatMap((node) => {
    if (!isBlock(node, 'virtual-mta')) return [];
    const host = node.children.find((child) => isDirective(child, 'smtp-source-host'));
    const key = node.children.find((child) => isDirective(child, 'domain-key'));
    const [ip, name] = host ? wordsOf(host.value) : [];
    return [{ name: nameOf(node), ip: ip?.text, host: name?.text, key: key && keyOf(key.value.text) }];
  });
}

function keyOf(value: string): VirtualMta['key'] {
  const [selector, domain, file] = value.split(',').map((part) => part.trim());
  return selector !== undefined && domain !== undefined && file !== undefined ? { selector, domain, file } : undefined;
}

/** `@mail1\.example\.com$` is the host `mail1.example.com`; `^a\.b@example\.com$` the address `a.b@example.com`. */
function literal(pattern: string): string | undefined {
  const match = /^(?:\^([^@]+@)|@)([^@]+)\$$/.exec(pattern);
  const text = match && `${match[1] ?? ''}${match[2] ?? ''}`;
  if (!text || /[*+?|()[\]{}^$.]/.test(text.replace(/\\./g, ''))) return undefined;
  return text.replace(/\\(.)/g, '$1');
}
