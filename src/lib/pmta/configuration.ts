import type { Document, Line, Word } from './document.js';

/** One file of a configuration, by the name under which it is reported. */
export interface ConfigurationFile {
  readonly name: string;
  readonly document: Document;
}

/** An `include` that adds nothing, and why. */
export interface IncludeTrouble {
  readonly kind: 'missing' | 'not-followed' | 'loop';
  readonly line: Line;
  readonly word: Word;
  readonly message: string;
}

/** A configuration with the files that it includes. The first file is the one that was named. */
export interface Configuration {
  readonly files: readonly [ConfigurationFile, ...ConfigurationFile[]];
  /** What each followed `include` brings in, by its line. There is no loop in it. */
  readonly included: ReadonlyMap<Line, readonly ConfigurationFile[]>;
  readonly trouble: readonly IncludeTrouble[];
  /** Whether includes were followed at all. */
  readonly followed: boolean;
}

/** A configuration of one file, whose includes are not followed. */
export function singleFile(document: Document, name = 'config'): Configuration {
  return { files: [{ name, document }], included: new Map(), trouble: [], followed: false };
}
