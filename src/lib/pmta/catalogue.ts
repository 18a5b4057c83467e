import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';

/** What is known of one directive in one scope. `guide-5.0` is documented; `real-configs` is only seen in configurations in use. */
export interface DirectiveFacts {
  readonly scope: string;
  readonly name: string;
  /** Syntax of the value, where stated. */
  readonly value: string | null;
  readonly default: string | null;
  readonly deprecated: boolean;
  readonly source: 'guide-5.0' | 'real-configs';
  readonly since?: string;
  readonly restart?: string;
}

interface CatalogueFile {
  readonly tags: Readonly<Record<'guide-5.0' | 'real-configs', readonly string[]>>;
  readonly invented: Readonly<Record<'directives' | 'suspected' | 'tags', readonly string[]>>;
  readonly directives: readonly DirectiveFacts[];
}

/** What took the place of a deprecated directive. */
export interface Replacement {
  /** A directive, or in words where it is not one for one. */
  readonly instead: string;
  /** How the line is rewritten where that is safe: the value stays, or a number becomes one an hour. */
  readonly rewrite?: 'same' | 'N/h';
  readonly severity?: 'info';
  readonly evidence: string;
}

/** What a version brought, by patterns in which `*` stands for any text. */
interface VersionFacts {
  readonly directives: readonly string[];
  readonly tags: readonly string[];
  readonly values: readonly { readonly directive: string; readonly scope?: string; readonly value: string }[];
  readonly removed: readonly string[];
}

export interface VersionFile {
  readonly '5.0': VersionFacts;
}

/** The directives and tags of PowerMTA. Names compare without regard to case. */
export class Catalogue {
  readonly #scopes = new Map<string, Map<string, DirectiveFacts>>();
  readonly #tags: ReadonlySet<string>;
  readonly #inside: ReadonlySet<string>;
  readonly #invented: ReadonlySet<string>;
  readonly #inventedTags: ReadonlySet<string>;
  readonly #suspected: ReadonlySet<string>;
  readonly #replacements: ReadonlyMap<string, Replacement>;
  readonly #new: { directives: RegExp; tags: ReadonlySet<string>; values: VersionFacts['values'] };
  readonly #removed: ReadonlySet<string>;

  constructor(file: CatalogueFile, replacements: Readonly<Record<string, Replacement>>, versions: VersionFile) {
    for (const facts of file.directives) {
      const scopes = this.#scopes.get(facts.name) ?? new Map<string, DirectiveFacts>();
      this.#scopes.set(facts.name, scopes.set(facts.scope, facts));
    }
    this.#inside = new Set(file.directives.map(({ scope }) => scope));
    this.#tags = new Set([...file.tags['guide-5.0'], ...file.tags['real-configs']]);
    this.#invented = new Set(file.invented.directives);
    this.#inventedTags = new Set(file.invented.tags.map((tag) => tag.toLowerCase()));
    this.#suspected = new Set(file.invented.suspected);
    this.#replacements = new Map(Object.entries(replacements));
    const { directives, tags, values, removed } = versions['5.0'];
    this.#new = { directives: anyOf(directives), tags: new Set(tags), values };
    this.#removed = new Set(removed);
  }

  /** `scope` is `global` or the tag of the block. */
  find(scope: string, name: string): DirectiveFacts | undefined {
    return this.#scopes.get(name.toLowerCase())?.get(scope.toLowerCase());
  }

  /** The syntax of a directive's value, that of another where it is said to be the same; empty where none is stated. */
  syntaxOf(scope: string, name: string): string {
    const value = this.find(scope, name)?.value ?? '';
    return value.startsWith('same as ') ? this.syntaxOf(scope, value.slice('same as '.length)) : value;
  }

  /** The scopes in which a directive of this name is known; empty for an unknown name. */
  scopesOf(name: string): string[] {
    return [...(this.#scopes.get(name.toLowerCase())?.keys() ?? [])];
  }

  /** All directives of a scope, by name. */
  inScope(scope: string): DirectiveFacts[] {
    const all = [...this.#scopes.values()].flatMap((scopes) => scopes.get(scope.toLowerCase()) ?? []);
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  knowsTag(tag: string): boolean {
    return this.#tags.has(tag.toLowerCase());
  }

  /** Names that circulate in articles and generators and never were directives. */
  isInvented(name: string): boolean {
    return this.#invented.has(name.toLowerCase());
  }

  /** Whether anything is known of what may stand in a block. */
  knowsInside(tag: string): boolean {
    return this.#inside.has(tag.toLowerCase());
  }

  isInventedTag(tag: string): boolean {
    return this.#inventedTags.has(tag.toLowerCase());
  }

  isSuspected(name: string): boolean {
    return this.#suspected.has(name.toLowerCase());
  }

  /** What took the place of a deprecated directive. */
  replacementOf(name: string): Replacement | undefined {
    return this.#replacements.get(name.toLowerCase());
  }

  /** Whether a directive, or this value of it, is not known to exist before 5.0. */
  isNewIn50(scope: string, name: string, value: string): boolean {
    if (this.#new.directives.test(name)) return true;
    return this.#new.values.some(
      (facts) =>
        facts.directive === name && (facts.scope ?? scope) === scope && anyOf([facts.value]).test(value.toLowerCase()),
    );
  }

  isTagNewIn50(tag: string): boolean {
    return this.#new.tags.has(tag.toLowerCase());
  }

  /** Whether 5.0 no longer accepts a directive. */
  isRemovedIn50(name: string): boolean {
    return this.#removed.has(name);
  }
}

/** A pattern for any of these, in which `*` stands for any text. */
function anyOf(patterns: readonly string[]): RegExp {
  const parts = patterns.map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'));
  return new RegExp(`^(?:${parts.join('|')})$`);
}

/** Reads the catalogue that comes with the package. */
export function loadCatalogue(): Catalogue {
  return new Catalogue(asset('directives'), asset('replacements'), asset('versions'));
}

function asset<Content>(name: string): Content {
  return JSON.parse(readFileSync(join(packageRoot(), 'assets', 'pmta', `${name}.json`), 'utf8')) as Content;
}
