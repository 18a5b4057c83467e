import type { Catalogue, Replacement } from '../catalogue.js';
import { linesOf, type Line } from '../document.js';
import { byteOrderMarkOf, wordsOf } from '../lines.js';
import type { PlacedBlock, Statement, Survey } from '../survey.js';
import { at, type Edit, type Finding, type LintContext, type Rule, type Target } from './rule.js';

/** Rules about blocks, names and the places where they stand. */
export const structureRules: readonly Rule[] = [
  {
    code: 'byte-order-mark',
    severity: 'warning',
    why: 'The file starts with a byte order mark. PowerMTA is not known to pass over it: then its first word is unknown.',
    fix: 'Save it as UTF-8 without a byte order mark.',
    evidence: 'unproven',
    autofix: 'Takes the three bytes out.',
    check: function* ({ configuration }) {
      for (const { document } of configuration.files) {
        const [line] = linesOf(document.nodes);
        const mark = line && byteOrderMarkOf(line);
        if (!mark) continue;
        const edits = [{ line, column: 1, endColumn: 1 + mark.text.length, text: '' }];
        yield at(line, mark, 'a byte order mark stands before the first word', { edits });
      }
    },
  },
  {
    code: 'tag-mismatch',
    severity: 'error',
    why: 'A block that is not closed where it should be takes in, or loses, the lines after it.',
    fix: 'Close every block with its own tag, on a line of its own.',
    evidence: 'guide',
    check: structureProblems,
  },
  {
    code: 'unknown-tag',
    severity: 'error',
    why: 'PowerMTA does not start with a block that it does not know.',
    fix: 'Use a tag of the user guide; check its spelling.',
    evidence: 'guide',
    check: function* ({ blocks }, { catalogue, target }) {
      for (const { block } of blocks) {
        const { text } = block.tag;
        if (catalogue.knowsTag(text)) continue;
        // 6.x may have blocks that the guide of 5.0 does not know.
        const soft = target === '6.0' && !catalogue.isInventedTag(text);
        yield at(block.open, block.tag, `<${text}> is not a block of PowerMTA`, soft ? { severity: 'warning' } : {});
      }
    },
  },
  {
    code: 'domain-multi-name',
    severity: 'error',
    why: 'A <domain> takes one pattern; with several names it matches none of them.',
    fix: 'List them in a domain-macro and write <domain $macro>.',
    evidence: 'guide',
    autofix: 'Puts the names into a domain-macro above the block.',
    check: multipleNames,
  },
  {
    code: 'unknown-directive-for-scope',
    severity: 'warning',
    why: 'An unknown directive stops PowerMTA from starting, unless its version knows more than the 5.0 guide.',
    fix: 'Check the spelling and the block that it stands in; ask `pmta test config` on the host.',
    evidence: 'guide',
    check: unknownDirectives,
  },
  {
    code: 'deprecated-name',
    severity: 'warning',
    why: 'The directive is deprecated; later versions drop it.',
    fix: 'Use what took its place.',
    evidence: 'guide',
    autofix: 'Renames the directive where the new one takes the same value; a number an hour becomes N/h.',
    check: deprecatedNames,
  },
  {
    code: 'undocumented-directive',
    severity: 'info',
    why: 'The directive is known from configurations in use only, not from the guide.',
    fix: 'Keep it if `pmta test config` accepts it.',
    evidence: 'configurations in use',
    check: function* ({ statements, all }, { catalogue }) {
      for (const { scope, directive, keyword } of statements) {
        const facts = catalogue.find(scope, keyword);
        if (facts?.source !== 'real-configs' || facts.deprecated) continue;
        yield at(directive.line, directive.keyword, `${keyword} is not in the user guide`);
      }
      for (const { directive } of all('smtp-listener')) {
        const option = wordsOf(directive.value).find(({ text }) => /^tls=/i.test(text));
        if (option) yield at(directive.line, option, `${option.text} on a listener is not in the user guide`);
      }
    },
  },
  {
    code: 'listener-brace-body',
    severity: 'error',
    why: 'smtp-listener is one line; a body in braces does not exist.',
    fix: 'Write `smtp-listener ADDRESS:PORT`, and put the settings of a client into its <source>.',
    evidence: 'guide',
    check: function* ({ all }) {
      for (const { directive } of all('smtp-listener')) {
        const brace = wordsOf(directive.value).find((word) => word.text.includes('{') && !/^source=/i.test(word.text));
        if (brace) yield at(directive.line, brace, 'smtp-listener has no body in braces');
      }
    },
  },
];

/** The places where the nesting is broken, each on its line. */
function* structureProblems({ configuration }: Survey): Generator<Finding> {
  for (const { document } of configuration.files) {
    if (document.problems.length === 0) continue;
    const lines = [...linesOf(document.nodes)];
    for (const { line, column, message } of document.problems) {
      const found = lines[line - 1];
      if (found) yield at(found, { text: wordAt(found.text, column), column }, message);
    }
  }
}

/** The tag that stands at a column: up to the next blank or `>`. */
const wordAt = (text: string, column: number): string => /^<?\/?[^\s>]*/.exec(text.slice(column - 1))?.[0] ?? '';

function* multipleNames(survey: Survey): Generator<Finding> {
  const names = new FreshNames(survey.macros.map(({ name }) => name.text));
  const topBlocks = new Set(survey.blocks.flatMap(({ block, path }) => (path.length === 0 ? block.open : [])));
  for (const placed of survey.blocksOf('domain')) {
    const { block, name } = placed;
    if (!/[\s,]/.test(block.name.text)) continue;
    const domains = name.split(/[\s,]+/).filter((domain) => domain !== '');
    const edits = intoMacro(placed, domains, { names, topBlocks, fileOf: survey.fileOf });
    yield at(block.open, block.name, `<domain ${block.name.text}> names several domains`, edits && { edits });
  }
}

/** A macro with the names, above the outermost block that holds them: `domain-macro` belongs at the top level. */
function intoMacro(
  { block, path }: PlacedBlock,
  domains: readonly string[],
  { names, topBlocks, fileOf }: { names: FreshNames; topBlocks: ReadonlySet<Line>; fileOf: Survey['fileOf'] },
): readonly Edit[] | undefined {
  const outermost = path[0]?.open ?? block.open;
  const plain = domains.length > 1 && domains.every((domain) => /^[a-z0-9]([\w.-]*[a-z0-9])?$/i.test(domain));
  const { open, name } = block;
  const indent = /^[ \t]*/.exec(outermost.text)?.[0] ?? '';
  // The path of deeply nested unknown blocks is cut, and an included file may stand inside a block of another.
  if (!plain || !topBlocks.has(outermost) || fileOf(outermost) !== fileOf(open)) return undefined;
  const macro = names.fresh((domains[0] ?? '').replace(/\W/g, '_'));
  const before = [`${indent}domain-macro ${macro} ${[...new Set(domains)].join(',')}`];
  const into = { line: open, column: name.column, endColumn: name.column + name.text.length, text: `$${macro}` };
  const above = { line: outermost, column: 1, endColumn: 1, text: '', before };
  return [above, into];
}

/** Gives names that nothing has yet: the wanted one, or with a number that was not tried before. */
class FreshNames {
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  fresh(stem: string): string {
    let name = stem;
    let n = this.#next.get(stem) ?? 2;
    while (this.#taken.has(name)) name = `${stem}_${n++}`;
    this.#next.set(stem, n);
    this.#taken.add(name);
    return name;
  }
}

function* deprecatedNames(survey: Survey, { catalogue, target }: LintContext): Generator<Finding> {
  const places = new Map<string, Set<unknown>>();
  const stands = (name: string, block: unknown): boolean => {
    const blocks = places.get(name) ?? new Set(survey.all(name).map(({ path }) => path.at(-1)));
    places.set(name, blocks);
    return blocks.has(block);
  };
  for (const statement of survey.statements) {
    const { scope, directive, keyword } = statement;
    if (!catalogue.find(scope, keyword)?.deprecated || (target !== '4.5' && catalogue.isRemovedIn50(keyword))) continue;
    const replacement = catalogue.replacementOf(keyword);
    const message = `${keyword} is deprecated${replacement ? `: use ${replacement.instead}` : '; remove it'}`;
    const edits = replacement && renaming(statement, replacement, stands);
    const severity = replacement?.severity;
    yield at(directive.line, directive.keyword, message, { ...(severity && { severity }), ...(edits && { edits }) });
  }
}

/** The line with the new name, unless its block has that already. */
function renaming(
  { path, directive }: Statement,
  { instead, rewrite }: Replacement,
  stands: (name: string, block: unknown) => boolean,
): readonly Edit[] | undefined {
  if (rewrite === undefined || stands(instead, path.at(-1))) return undefined;
  const { line, keyword, value } = directive;
  const name = { line, column: keyword.column, endColumn: keyword.column + keyword.text.length, text: instead };
  if (rewrite === 'same') return [name];
  if (!/^[1-9]\d*$/.test(value.text)) return undefined;
  const end = value.column + value.text.length;
  return [name, { line, column: end, endColumn: end, text: '/h' }];
}

function* unknownDirectives(survey: Survey, { catalogue, target }: LintContext): Generator<Finding> {
  for (const statement of survey.statements) {
    const finding = unknownDirective(statement, catalogue, target);
    if (finding) yield finding;
  }
  for (const { scope, block, entry } of survey.entries) {
    if (scope !== 'pattern-list' && scope !== 'smtp-pattern-list') continue;
    const [kind, second] = wordsOf(entry.value);
    if (
      !kind ||
      catalogue.find(scope, kind.text) ||
      (scope === 'pattern-list' && (kind.text === '*' || /^<\/pattern-list/i.test(kind.text)))
    )
      continue;
    const known = scope === 'pattern-list' ? 'header, mail-from and rcpt-to' : 'reply and include';
    const bare = second ? `; write \`mail-from /regex/ virtual-mta=…\`` : '';
    yield at(
      entry.line,
      kind,
      `${kind.text} does not start an entry of <${block.tag.text}>: it knows ${known}${scope === 'pattern-list' ? bare : ''}`,
      { severity: 'error' },
    );
  }
}

function unknownDirective(
  { scope, path, directive, keyword }: Statement,
  catalogue: Catalogue,
  target: Target,
): Finding | undefined {
  const block = path.at(-1);
  if (catalogue.find(scope, keyword)) return undefined;
  // An unknown block is reported itself. What may stand in it, or in one that is known by its tag alone, is not known.
  if (block && !catalogue.knowsInside(block.tag.text)) return undefined;
  const scopes = catalogue.scopesOf(keyword);
  const name = directive.keyword.text;
  if (catalogue.isInvented(keyword))
    return at(directive.line, directive.keyword, `${name} is not a directive of PowerMTA`, { severity: 'error' });
  // Known for certain to belong to accounting files alone.
  if (keyword === 'retry-interval')
    return at(directive.line, directive.keyword, `${name} is valid in <acct-file> only`, { severity: 'error' });
  if (catalogue.isSuspected(keyword))
    return at(directive.line, directive.keyword, `${name} is seen in configurations, and probably never existed`);
  const where = scope === 'global' ? 'at the top level' : `in <${scope}>`;
  const elsewhere =
    scopes.length > 0
      ? `it belongs ${scopes.map((known) => (known === 'global' ? 'at the top level' : `in <${known}>`)).join(' or ')}`
      : 'nor anywhere else';
  const softer = target === '6.0' ? { severity: 'info' as const } : {};
  return at(directive.line, directive.keyword, `${name} is not known ${where}; ${elsewhere}`, softer);
}
