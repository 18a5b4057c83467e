import type { Catalogue } from './catalogue.js';
import { unquoted, type Directive, type Document } from './document.js';
import { firstWord } from './lines.js';
import { survey } from './survey.js';

/** A directive that names a file of the host other than an include. */
export interface NamedFileLine {
  readonly line: number;
  /** Without what follows the name: it may be a password. */
  readonly text: string;
}

/** Written anew from the settings, written by PowerMTA itself, or handled as includes. */
const NOT_READ = new Set(['include', 'log-file', 'smtp-server-tls-certificate', 'domain-key']);
const REPLACED_SCOPES = new Set(['smtp-listener', 'smtp-user']);

/** The lines that name a file which PowerMTA reads on its host, such as a list of addresses or a client certificate. */
export function namedFiles(document: Document, catalogue: Catalogue): NamedFileLine[] {
  return survey(document).statements.flatMap(({ scope, keyword, directive }) => {
    if (scope === 'domain-key-list' && keyword === 'domain-key') return keyOfList(directive);
    if (NOT_READ.has(keyword) || REPLACED_SCOPES.has(scope)) return [];
    const path = unquoted(firstWord(directive.value).first.text);
    if (!catalogue.syntaxOf(scope, keyword).startsWith('FILENAME') || !path.startsWith('/')) return [];
    return [{ line: directive.line.number, text: `${directive.keyword.text} ${path}` }];
  });
}

/** A key of a `<domain-key-list>`: those are not replaced, unlike the keys of virtual MTAs, pools and the top level. */
function keyOfList({ keyword, value, line }: Directive): NamedFileLine[] {
  const path = unquoted(value.text).split(',')[2]?.trim() ?? '';
  return path.startsWith('/') ? [{ line: line.number, text: `${keyword.text} ${path}` }] : [];
}
