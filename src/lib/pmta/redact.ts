import { folded, type Directive, type Document, type Node } from './document.js';

/** Directives whose value must not be shown. */
export const SECRET_DIRECTIVES: ReadonlySet<string> = new Set([
  'password',
  'auth-password',
  'http-api-key',
  'api-key',
  'access-token',
  'volume-audit-api-key',
]);

/** The document with `[redacted]` in the place of its passwords and keys, for output that is not the configuration itself. */
export function withoutSecrets({ nodes, problems }: Document): Document {
  return { nodes: hidden(nodes), problems };
}

function hidden(nodes: readonly Node[]): readonly Node[] {
  return nodes.map((node) => {
    if (node.kind === 'block') return { ...node, children: hidden(node.children) };
    return node.kind === 'directive' && SECRET_DIRECTIVES.has(folded(node.keyword)) ? hiddenValue(node) : node;
  });
}

/** With everything after the keyword hidden, a comment too: it may be the rest of a password with a "#" in it. */
function hiddenValue(directive: Directive): Directive {
  const text = `${directive.line.text.slice(0, directive.value.column - 1)}[redacted]`;
  return { ...directive, line: { ...directive.line, text }, comment: undefined };
}

/** One line without the value that must not be shown; everything after its keyword, for the same reason as above. */
export function withoutSecret(line: string): string {
  const [, keyword = '', gap = ''] = /^(\s*\S+)(\s+)\S/.exec(line) ?? [];
  return SECRET_DIRECTIVES.has(keyword.trim().toLowerCase()) ? `${keyword}${gap}[redacted]` : line;
}

/** A text with each line so; line ends stay. */
export const withoutSecretLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => withoutSecret(line) + (line.endsWith('\r') && withoutSecret(line) !== line ? '\r' : ''))
    .join('\n');
