import { posix } from 'node:path';
import type { Configuration, ConfigurationFile, IncludeTrouble } from './configuration.js';
import { linesOf, unquoted, type Line, type Word } from './document.js';
import { firstWord, statementOf } from './lines.js';
import { parseDocument } from './parse.js';

/** A file as it lies where includes are looked up. */
export interface StoredFile {
  /** Its absolute path for PowerMTA, such as /etc/pmta/isps/gmail. */
  readonly path: string;
  /** The name under which it is reported. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Where included files come from. */
export interface IncludeSource {
  /** The files that an absolute path, perhaps with wildcards, stands for; a sentence where they cannot be had. */
  find(path: string): Promise<readonly StoredFile[] | { readonly refused: string }>;
}

/** A configuration with all that it includes, followed to the end; without a source, the file alone. */
export async function loadConfiguration(main: StoredFile, source: IncludeSource | undefined): Promise<Configuration> {
  const first = { name: main.name, document: parseDocument(main.bytes) };
  if (!source) return { files: [first], included: new Map(), trouble: [], followed: false };
  const loader = new Loader(source);
  await loader.follow(main.path, first, [main.path]);
  const others = [...loader.files.values()].filter((file) => file !== first);
  return { files: [first, ...others], included: loader.included, trouble: loader.trouble, followed: true };
}

/** How deep includes may include. PowerMTA's own limit is not known; this one keeps a chain of generated files from running on. */
const MOST_LEVELS = 100;

class Loader {
  /** By path; a file is read once, however often it is included. */
  readonly files = new Map<string, ConfigurationFile>();
  readonly included = new Map<Line, readonly ConfigurationFile[]>();
  readonly trouble: IncludeTrouble[] = [];

  constructor(readonly source: IncludeSource) {}

  /** Follows the includes of one file; `way` are the paths that led to it, itself last. */
  async follow(path: string, file: ConfigurationFile, way: readonly string[]): Promise<void> {
    this.files.set(path, file);
    for (const line of linesOf(file.document.nodes)) {
      const word = includeOf(line);
      if (word) await this.#include(line, word, way);
    }
  }

  async #include(line: Line, word: Word, way: readonly string[]): Promise<void> {
    const complain = (kind: IncludeTrouble['kind'], message: string): unknown =>
      this.trouble.push({ kind, line, word, message });
    const wanted = unquoted(word.text);
    if (/^https?:/i.test(wanted))
      return void complain('not-followed', `${wanted} is fetched by PowerMTA, not followed here`);
    if (way.length > MOST_LEVELS)
      return void complain('not-followed', `${MOST_LEVELS} levels of includes, not followed further`);
    const found = await this.source.find(posix.resolve(posix.dirname(way.at(-1) ?? '/'), wanted));
    if ('refused' in found) return void complain('not-followed', `${wanted} ${found.refused}`);
    if (found.length === 0) return void complain('missing', `${wanted} does not exist`);
    const files: ConfigurationFile[] = [];
    for (const stored of found) {
      if (way.includes(stored.path)) {
        complain('loop', `${wanted} leads back to ${stored.name}`);
        continue;
      }
      const known = this.files.get(stored.path);
      const file = known ?? { name: stored.name, document: parseDocument(stored.bytes) };
      if (!known) await this.follow(stored.path, file, [...way, stored.path]);
      files.push(file);
    }
    this.included.set(line, files);
  }
}

/** The file that a line includes. */
function includeOf(line: Line): Word | undefined {
  if (!/include/i.test(line.text)) return undefined;
  const { first, rest } = firstWord(statementOf(line).statement);
  return first.text.toLowerCase() === 'include' && rest.text !== '' ? rest : undefined;
}
