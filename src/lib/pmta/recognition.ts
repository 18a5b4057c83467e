import type { Catalogue } from './catalogue.js';
import type { Document } from './document.js';
import { parseDocument } from './parse.js';

/** Why bytes are not a PowerMTA configuration. */
export interface NotAConfiguration {
  readonly code: 'CONFIG_NOT_TEXT' | 'CONFIG_EMPTY' | 'CONFIG_NOT_POWERMTA';
  readonly message: string;
}

/**
 * What tells that a file is something else than a PowerMTA configuration: a binary file, an empty one, or text of which PowerMTA
 * knows less than half of the statements, such as a licence or an error page. One that merely has unknown directives in it passes.
 */
export function notAConfiguration(bytes: Uint8Array, catalogue: Catalogue): NotAConfiguration | undefined {
  if (bytes.includes(0)) return { code: 'CONFIG_NOT_TEXT', message: 'it holds NUL bytes: it is not text' };
  const { known, all } = statements(parseDocument(bytes), catalogue);
  if (all === 0) return { code: 'CONFIG_EMPTY', message: 'it holds nothing but blanks and comments' };
  if (known > 0 && known * 2 >= all) return undefined;
  const message = `PowerMTA knows ${known} of its ${all} statements: it is not a PowerMTA configuration`;
  return { code: 'CONFIG_NOT_POWERMTA', message };
}

/** The statements of the top level: how many there are, and how many of them name a directive or a tag that is known. */
function statements({ nodes }: Document, catalogue: Catalogue): { known: number; all: number } {
  let known = 0;
  let all = 0;
  for (const node of nodes) {
    if (node.kind === 'blank' || node.kind === 'comment') continue;
    all++;
    if (node.kind === 'block' && catalogue.knowsTag(node.tag.text)) known++;
    else if (node.kind === 'directive' && catalogue.scopesOf(node.keyword.text).length > 0) known++;
  }
  return { known, all };
}
