import { parseDocument } from './parse.js';

/**
 * What is wrong with the structure of a configuration: nothing for one that PowerMTA can begin to read. A file without a single
 * block, such as an error page that was saved in its place, is no configuration at all.
 */
export function structureFaults(bytes: Uint8Array): readonly { line: number; message: string }[] {
  const { nodes, problems } = parseDocument(bytes);
  if (nodes.some(({ kind }) => kind === 'block')) return problems;
  return [{ line: 1, message: 'no block such as <source> or <domain>: this is no PowerMTA configuration' }];
}
