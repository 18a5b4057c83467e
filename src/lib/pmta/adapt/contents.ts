/** What a virtual MTA carries beside its identity, and what several of them have in common. */
import { isIP } from 'node:net';
import { folded, linesOf, unquoted, type Block, type Directive, type Line, type Node } from '../document.js';
import { firstWord } from '../lines.js';
import { isBlock, nameOf, withChildren, withFirstWord } from './edit.js';
import { isProbeDomain } from './probe.js';

/** What adaptation replaces: address, names in HELO, keys. */
const IDENTITY: ReadonlySet<string> = new Set(['smtp-source-host', 'domain-key', 'host-name']);

/** Whether a directive of a virtual MTA or a pool, by its name in lower case, is one of these. */
export const isIdentityName = (name: string): boolean => IDENTITY.has(name);

export const isIdentity = (node: Node): node is Directive =>
  node.kind === 'directive' && isIdentityName(folded(node.keyword));

/** One statement of a virtual MTA: its line, and what makes it the same as that of another one. */
export interface Content {
  readonly line: Line;
  readonly key: string;
}

/** What blocks hold beside the identity of their virtual MTA, byte for byte and in its order, comments too. */
export const carriedNodes = (blocks: readonly Block[]): readonly Node[] =>
  blocks.flatMap(({ children }) => children.filter((node) => !isIdentity(node) && !isProbeDomain(node)));

/** The same as statements. What a `<domain>` holds counts line by line, any other block as a whole. */
export const contentsOf = (blocks: readonly Block[]): Content[] => carriedNodes(blocks).flatMap(contentOf);

export function contentOf(node: Node): Content[] {
  if (node.kind === 'directive') return [{ line: node.line, key: keyOf(node) }];
  if (node.kind === 'entry') return [{ line: node.line, key: node.value.text }];
  if (node.kind !== 'block') return [];
  if (folded(node.tag) !== 'domain') return [{ line: node.open, key: textOf([node]) }];
  const within = `<domain ${nameOf(node).toLowerCase()}>`;
  return node.children.flatMap(contentOf).map(({ line, key }) => ({ line, key: `${within} ${key}` }));
}

/** What makes two directives the same. */
function keyOf(directive: Directive): string {
  const keyword = folded(directive.keyword);
  return `${keyword} ${withoutProxyAddress(keyword, unquoted(directive.value.text).replace(/\s+/g, ' '))}`;
}

/** A value without the address of the virtual MTA by which it reaches its proxy: that is part of the identity. */
export function withoutProxyAddress(keyword: string, value: string): string {
  return keyword === 'smtp-proxy-source-host' ? value.replace(/^\S+/, (ip) => (isIP(ip) === 0 ? ip : '*')) : value;
}

const textOf = (nodes: readonly Node[]): string => [...linesOf(nodes)].map(({ text }) => text.trim()).join('\n');

/** Nodes of a virtual MTA for another address: a proxy is reached from that. */
export function fromAddress(nodes: readonly Node[], ip: string): readonly Node[] {
  return nodes.map((node) => {
    if (node.kind !== 'directive' || folded(node.keyword) !== 'smtp-proxy-source-host') return node;
    const { first } = firstWord(node.value);
    return isIP(first.text) === 0 ? node : withFirstWord(node, ip);
  });
}

/** What virtual MTAs have in common, and what only some of them have. */
export interface Common {
  readonly nodes: readonly Node[];
  /** By the virtual MTA that has it. */
  readonly differing: readonly { readonly of: string; readonly line: Line }[];
}

/** Where all say the same, everything of the first one with its comments; else the statements that all have. */
export function commonOf(all: readonly { readonly name: string; readonly blocks: readonly Block[] }[]): Common {
  const keys = all.map(({ blocks }) => new Set(contentsOf(blocks).map(({ key }) => key)));
  const [first, ...others] = keys;
  const shared = new Set([...(first ?? [])].filter((key) => others.every((other) => other.has(key))));
  const differing = all.flatMap(({ name, blocks }) =>
    contentsOf(blocks).flatMap(({ key, line }) => (shared.has(key) ? [] : [{ of: name, line }])),
  );
  const nodes = carriedNodes(all[0]?.blocks ?? []);
  return { nodes: differing.length === 0 ? nodes : nodes.flatMap((node) => sharedPart(node, shared)), differing };
}

function sharedPart(node: Node, shared: ReadonlySet<string>): Node[] {
  if (node.kind === 'block' && isBlock(node, 'domain')) {
    const children = node.children.filter((child) =>
      contentOf(withChildren(node, [child])).some(({ key }) => shared.has(key)),
    );
    return children.length === 0 ? [] : [withChildren(node, children)];
  }
  return contentOf(node).some(({ key }) => shared.has(key)) ? [node] : [];
}
