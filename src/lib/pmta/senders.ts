import { isBlock, isDirective, nameOf } from './adapt/edit.js';
import type { Document } from './document.js';
import { entryKind, regexEntry, virtualMtaOf } from './entry.js';
import { wordsOf } from './lines.js';
import { matching } from './regex-match.js';
import { hostOf } from './sender-patterns.js';

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

type RouteFinder = (sender: string) => string | undefined;
const finders = new WeakMap<readonly SenderRoute[], RouteFinder>();

/** The virtual MTA of a sender: that of the first route that matches. A pattern that cannot be understood matches nobody. */
export function virtualMtaFor(routes: readonly SenderRoute[], sender: string): string | undefined {
  const find = finders.get(routes) ?? routeFinder(routes);
  finders.set(routes, find);
  return find(sender);
}

/** Hosts and addresses that stand there literally are looked up; only the other patterns before them are tried. */
function routeFinder(routes: readonly SenderRoute[]): RouteFinder {
  const literal = new Map<string, number>();
  const others: { readonly index: number; readonly matches: (sender: string) => boolean }[] = [];
  for (const [index, { pattern, sender }] of routes.entries()) {
    const key = sender?.toLowerCase();
    const matches = key === undefined ? matching(pattern) : undefined;
    if (key !== undefined && !literal.has(key)) literal.set(key, index);
    if (matches) others.push({ index, matches });
  }
  return (sender) => {
    const address = sender.toLowerCase();
    const named = [address, hostOf(address)].flatMap((key) => literal.get(key) ?? []);
    const first = Math.min(...named, routes.length);
    const other = others.find(({ index, matches }) => index > first || matches(sender));
    return routes[Math.min(first, other?.index ?? first)]?.virtualMta;
  };
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
  // `\d` and its like stand for other characters.
  if (/\\[^\W_]/.test(pattern)) return undefined;
  const text = match && `${match[1] ?? ''}${match[2] ?? ''}`;
  if (!text || /[*+?|()[\]{}^$.]/.test(text.replace(/\\./g, ''))) return undefined;
  return text.replace(/\\(.)/g, '$1');
}
