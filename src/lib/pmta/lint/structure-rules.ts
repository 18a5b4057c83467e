import type { Catalogue } from '../catalogue.js';
import { wordsOf } from '../lines.js';
import type { Statement, Survey } from '../survey.js';
import { at, type Finding, type Rule } from './rule.js';

/** Rules about blocks, names and the places where they stand. */
export const structureRules: readonly Rule[] = [
  {
    code: 'tag-mismatch',
    severity: 'error',
    why: 'A block that is not closed where it should be takes in, or loses, the lines after it.',
    fix: 'Close every block with its own tag, on a line of its own.',
    check: ({ document }) => document.problems,
  },
  {
    code: 'unknown-tag',
    severity: 'error',
    why: 'PowerMTA does not start with a block that it does not know.',
    fix: 'Use a tag of the user guide; check its spelling.',
    check: function* ({ blocks }, catalogue) {
      for (const { block } of blocks) {
        if (!catalogue.knowsTag(block.tag.text))
          yield at(block.open, block.tag, `<${block.tag.text}> is not a block of PowerMTA`);
      }
    },
  },
  {
    code: 'domain-multi-name',
    severity: 'error',
    why: 'A <domain> takes one pattern; with several names it matches none of them.',
    fix: 'List them in a domain-macro and write <domain $macro>.',
    check: function* ({ blocksOf }) {
      for (const { block } of blocksOf('domain')) {
        if (/[\s,]/.test(block.name.text))
          yield at(block.open, block.name, `<domain ${block.name.text}> names several domains`);
      }
    },
  },
  {
    code: 'unknown-directive-for-scope',
    severity: 'warning',
    why: 'An unknown directive stops PowerMTA from starting, unless its version knows more than the 5.0 guide.',
    fix: 'Check the spelling and the block that it stands in; ask `pmta test config` on the host.',
    check: unknownDirectives,
  },
  {
    code: 'deprecated-name',
    severity: 'warning',
    why: 'The directive is deprecated; later versions drop it.',
    fix: 'Use what took its place.',
    check: function* ({ statements }, catalogue) {
      for (const { scope, directive, keyword } of statements) {
        const facts = catalogue.find(scope, keyword);
        if (!facts?.deprecated) continue;
        const instead = catalogue.replacementOf(keyword);
        const message = `${keyword} is deprecated${instead === undefined ? '; remove it' : `: use ${instead}`}`;
        // Still seen working in every configuration that has it.
        yield at(directive.line, directive.keyword, message, keyword === 'spool' ? 'info' : undefined);
      }
    },
  },
  {
    code: 'undocumented-directive',
    severity: 'info',
    why: 'The directive is known from configurations in use only, not from the guide.',
    fix: 'Keep it if `pmta test config` accepts it.',
    check: function* ({ statements }, catalogue) {
      for (const { scope, directive, keyword } of statements) {
        const facts = catalogue.find(scope, keyword);
        if (facts?.source !== 'real-configs' || facts.deprecated) continue;
        yield at(directive.line, directive.keyword, `${keyword} is not in the user guide`);
      }
    },
  },
  {
    code: 'listener-brace-body',
    severity: 'error',
    why: 'smtp-listener is one line; a body in braces does not exist.',
    fix: 'Write `smtp-listener ADDRESS:PORT`, and put the settings of a client into its <source>.',
    check: function* ({ all }) {
      for (const { directive } of all('smtp-listener')) {
        const brace = wordsOf(directive.value).find((word) => word.text.includes('{') && !/^source=/i.test(word.text));
        if (brace) yield at(directive.line, brace, 'smtp-listener has no body in braces');
      }
    },
  },
];

function* unknownDirectives(survey: Survey, catalogue: Catalogue): Generator<Finding> {
  for (const statement of survey.statements) {
    const finding = unknownDirective(statement, catalogue);
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
      'error',
    );
  }
}

function unknownDirective({ scope, path, directive, keyword }: Statement, catalogue: Catalogue): Finding | undefined {
  const block = path.at(-1);
  if (catalogue.find(scope, keyword)) return undefined;
  // The block itself is reported; what may stand in it is unknown.
  if (block && !catalogue.knowsTag(block.tag.text)) return undefined;
  const scopes = catalogue.scopesOf(keyword);
  const name = directive.keyword.text;
  if (catalogue.isInvented(keyword))
    return at(directive.line, directive.keyword, `${name} is not a directive of PowerMTA`, 'error');
  // Known for certain to belong to accounting files alone.
  if (keyword === 'retry-interval')
    return at(directive.line, directive.keyword, `${name} is valid in <acct-file> only`, 'error');
  if (catalogue.isSuspected(keyword))
    return at(directive.line, directive.keyword, `${name} is seen in configurations, and probably never existed`);
  const where = scope === 'global' ? 'at the top level' : `in <${scope}>`;
  const elsewhere =
    scopes.length > 0
      ? `it belongs ${scopes.map((known) => (known === 'global' ? 'at the top level' : `in <${known}>`)).join(' or ')}`
      : 'nor anywhere else';
  return at(directive.line, directive.keyword, `${name} is not known ${where}; ${elsewhere}`);
}
