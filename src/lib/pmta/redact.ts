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

/** What stands in the place of a secret, given the text that it hides. */
export type Mask = (secret: string) => string;

const MASKED = '[redacted]';

/** The document with `[redacted]` in the place of its passwords and keys, for output that is not the configuration itself. */
export function withoutSecrets({ nodes, problems }: Document, mask: Mask = () => MASKED): Document {
  return { nodes: hidden(nodes, mask), problems };
}

/** Two documents without their secrets. A secret that replaces another one is masked otherwise, so that a comparison shows its line. */
export function bothWithoutSecrets(before: Document, after: Document): [Document, Document] {
  const known = new Set<string>();
  const first = withoutSecrets(before, (secret) => {
    known.add(secret);
    return MASKED;
  });
  const isReplaced = (secret: string): boolean => known.size > 0 && !known.has(secret);
  return [first, withoutSecrets(after, (secret) => (isReplaced(secret) ? '[redacted, another value]' : MASKED))];
}

/** Whether a document has a directive whose value must not be shown. */
export const holdsSecrets = (nodes: readonly Node[]): boolean =>
  nodes.some((node) =>
    node.kind === 'block'
      ? holdsSecrets(node.children)
      : node.kind === 'directive' && SECRET_DIRECTIVES.has(folded(node.keyword)),
  );

function hidden(nodes: readonly Node[], mask: Mask): readonly Node[] {
  return nodes.map((node) => {
    if (node.kind === 'block') return { ...node, children: hidden(node.children, mask) };
    return node.kind === 'directive' && SECRET_DIRECTIVES.has(folded(node.keyword)) ? hiddenValue(node, mask) : node;
  });
}

/** With everything after the keyword hidden, a comment too: it may be the rest of a password with a "#" in it. */
function hiddenValue(directive: Directive, mask: Mask): Directive {
  const at = directive.value.column - 1;
  const text = `${directive.line.text.slice(0, at)}${mask(directive.line.text.slice(at).trimEnd())}`;
  return { ...directive, line: { ...directive.line, text }, comment: undefined };
}

/** One line without the value that must not be shown; everything after its keyword, for the same reason as above. */
export function withoutSecret(line: string): string {
  const [, keyword = '', gap = ''] = /^(\s*\S+)(\s+)\S/.exec(line) ?? [];
  return SECRET_DIRECTIVES.has(keyword.trim().toLowerCase()) ? `${keyword}${gap}${MASKED}` : line;
}

/** A text with each line so; line ends stay. */
export const withoutSecretLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => withoutSecret(line) + (line.endsWith('\r') && withoutSecret(line) !== line ? '\r' : ''))
    .join('\n');
