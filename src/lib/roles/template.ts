import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { packageRoot } from '../package-root.js';

/** How a value is written in the language of the file, so that it cannot become syntax. */
export type Quote = (value: unknown) => string;

/** A word of nginx: in double quotes, and without `$`, which would be a variable. */
export const nginxWord: Quote = (value) => {
  const text = String(value);
  if (/[$\r\n\0]/.test(text)) throw new Error(`not a value for nginx: ${JSON.stringify(text)}`);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
};

/** A string of YAML or JSON. */
export const yamlString: Quote = (value) => JSON.stringify(value);

/** A bare word: addresses, ports, names that the settings' schema has restricted already; anything else is refused. */
export const bareWord: Quote = (value) => {
  const text = String(value);
  if (!/^[\w.:/@%+-]+$/.test(text)) throw new Error(`not a bare word: ${JSON.stringify(text)}`);
  return text;
};

/**
 * A configuration file from `templates/NAME.ejs`. `<%= value %>` passes through `quote`, which the caller chooses for the
 * file's language; `<%- %>` is for text that the template itself builds.
 */
export function render(name: string, data: Readonly<Record<string, unknown>>, quote: Quote): string {
  const file = join(packageRoot(), 'templates', `${name}.ejs`);
  return ejs.render(
    readFileSync(file, 'utf8'),
    { ...data },
    { filename: file, escape: quote, localsName: 'it', strict: true, _with: false },
  );
}
