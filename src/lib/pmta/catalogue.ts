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
  readonly replacements: Readonly<Record<string, string>>;
  readonly directives: readonly DirectiveFacts[];
}

/** The directives and tags of PowerMTA. Names compare without regard to case. */
export class Catalogue {
  readonly #scopes = new Map<string, Map<string, DirectiveFacts>>();
  readonly #tags: ReadonlySet<string>;
  readonly #invented: ReadonlySet<string>;
  readonly #suspected: ReadonlySet<string>;
  readonly #replacements: ReadonlyMap<string, string>;

  constructor(file: CatalogueFile) {
    for (const facts of file.directives) {
      const scopes = this.#scopes.get(facts.name) ?? new Map<string, DirectiveFacts>();
      this.#scopes.set(facts.name, scopes.set(facts.scope, facts));
    }
    this.#tags = new Set([...file.tags['guide-5.0'], ...file.tags['real-configs']]);
    this.#invented = new Set(file.invented.directives);
    this.#suspected = new Set(file.invented.suspected);
    this.#replacements = new Map(Object.entries(file.replacements));
  }

  /** `scope` is `global` or the tag of the block. */
  find(scope: string, name: string): DirectiveFacts | undefined {
    return this.#scopes.get(name.toLowerCase())?.get(scope.toLowerCase());
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

  isSuspected(name: string): boolean {
    return this.#suspected.has(name.toLowerCase());
  }

  /** What took the place of a deprecated directive. */
  replacementOf(name: string): string | undefined {
    return this.#replacements.get(name.toLowerCase());
  }
}

/** Reads the catalogue that comes with the package. */
export function loadCatalogue(): Catalogue {
  const file = join(packageRoot(), 'assets', 'pmta', 'directives.json');
  return new Catalogue(JSON.parse(readFileSync(file, 'utf8')) as CatalogueFile);
}
