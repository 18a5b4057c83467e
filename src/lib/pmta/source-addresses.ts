import { unquoted, type Document } from './document.js';
import { survey } from './survey.js';

/** The local addresses that virtual MTAs send from, each once, in the order of the file: they must be on an interface. */
export function sourceAddresses(document: Document): string[] {
  const hosts = survey(document).all('smtp-source-host');
  return [...new Set(hosts.map(({ directive }) => unquoted(directive.value.text.split(/[ \t]/, 1)[0] ?? '')))];
}
