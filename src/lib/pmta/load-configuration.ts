import { posix } from 'node:path';
import type { Configuration, ConfigurationFile, IncludeTrouble } from './configuration.js';
import { linesOf, unquoted, type Line, type Word } from './document.js';
import { firstWord, statementOf } from './lines.js';
import { parseDocument } from './parse.js';

/** A file where includes are looked up. */
export interface FoundFile {
  /** Its absolute path for PowerMTA, such as /etc/pmta/isps/gmail. */
  readonly path: string;
  /** The name under which it is reported. */
  readonly name: string;
}

/** A file with what it holds. */
export interface StoredFile extends FoundFile {
  readonly bytes: Uint8Array;
}

/** What cannot be had: the end of a sentence that begins with the path. */
interface Refused {
  readonly refused: string;
}

/** Where included files come from. */
export interface IncludeSource {
  /** The files that an absolute path, perhaps with wildcards, stands for. */
  find(path: string): Promise<readonly FoundFile[] | Refused>;
  /** What one of them holds. */
  read(file: FoundFile): Promise<Uint8Array | Refused>;
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

/** How many files all includes together may bring in, one that is included twice counted twice. */
const MOST_INCLUDED = 10_000;

/** How many bytes they may have. */
const MOST_BYTES = 256 * 1024 * 1024;

/** How deep includes may include. PowerMTA's own limit is not known; this one keeps a chain of generated files from running on. */
const MOST_LEVELS = 100;

class Loader {
  /** By path; a file is read once, however often it is included. */
  readonly files = new Map<string, ConfigurationFile>();
  readonly included = new Map<Line, readonly ConfigurationFile[]>();
  readonly trouble: IncludeTrouble[] = [];
  /** What was found for a path; it is looked up once, however often it is included. */
  readonly #found = new Map<string, ReturnType<IncludeSource['find']>>();
  #included = 0;
  #bytes = 0;

  constructor(readonly source: IncludeSource) {}

  /** Follows the includes of one file; `way` are the paths that led to it, itself last. */
  async follow(path: string, file: ConfigurationFile, way: readonly string[]): Promise<void> {
    this.files.set(path, file);
    for (const line of linesOf(file.document.nodes)) {
      const word = includeOf(line);
      if (word) await this.#include(line, word, way);
    }
  }

  #find(path: string): ReturnType<IncludeSource['find']> {
    const found = this.#found.get(path) ?? this.source.find(path);
    this.#found.set(path, found);
    return found;
  }

  async #include(line: Line, word: Word, way: readonly string[]): Promise<void> {
    const complain = (kind: IncludeTrouble['kind'], message: string): unknown =>
      this.trouble.push({ kind, line, word, message });
    const wanted = unquoted(word.text);
    if (/^https?:/i.test(wanted))
      return void complain('not-followed', `${wanted} is fetched by PowerMTA, not followed here`);
    if (way.length > MOST_LEVELS)
      return void complain('not-followed', `${MOST_LEVELS} levels of includes, not followed further`);
    if (this.#included >= MOST_INCLUDED)
      return void complain('not-followed', `${MOST_INCLUDED} files were included before, not followed further`);
    const found = await this.#find(posix.resolve(posix.dirname(way.at(-1) ?? '/'), wanted));
    if ('refused' in found) return void complain('not-followed', `${wanted} ${found.refused}`);
    if (found.length === 0) return void complain('missing', `${wanted} does not exist`);
    this.#included += found.length;
    const files: { readonly path: string; readonly file: ConfigurationFile }[] = [];
    for (const one of found) {
      if (way.includes(one.path)) {
        complain('loop', `${wanted} leads back to ${one.name}`);
        continue;
      }
      const file = this.files.get(one.path) ?? (await this.#read(one));
      if ('refused' in file) return void complain('not-followed', `${wanted} ${file.refused}`);
      files.push({ path: one.path, file });
    }
    for (const { path, file } of files) if (!this.files.has(path)) await this.follow(path, file, [...way, path]);
    this.included.set(
      line,
      files.map(({ file }) => file),
    );
  }

  async #read(found: FoundFile): Promise<ConfigurationFile | Refused> {
    const bytes = await this.source.read(found);
    if ('refused' in bytes) return bytes;
    this.#bytes += bytes.length;
    if (this.#bytes > MOST_BYTES) return { refused: 'makes more than 256 MB of included files, not followed' };
    return { name: found.name, document: parseDocument(bytes) };
  }
}

/** The file that a line includes. */
function includeOf(line: Line): Word | undefined {
  if (!/include/i.test(line.text)) return undefined;
  const { first, rest } = firstWord(statementOf(line).statement);
  return first.text.toLowerCase() === 'include' && rest.text !== '' ? rest : undefined;
}
