import { unquoted, type Line, type Word } from '../document.js';
import { regexEntry, virtualMtaOf } from '../entry.js';
import { firstWord, wordsOf } from '../lines.js';
import type { PlacedBlock, Survey } from '../survey.js';
import { at, unlessIncluded, type Rule } from './rule.js';

/** Sources that exist without being defined. */
const BUILT_IN_SOURCES = new Set(['{auth}', '{pickup}', '{default}', '{sparkpost}', '{gmImprinter}']);

/** Directives that name a virtual MTA or a pool. */
const VIRTUAL_MTA_REFERENCES = [
  'default-virtual-mta',
  'cold-virtual-mta',
  'invalid-virtual-mta-fallback',
  'reroute-to-virtual-mta',
  'backoff-reroute-to-virtual-mta',
];

/** Blocks that a directive of the same name names. What a missing one does is documented for lists of patterns alone. */
const NAMED_BLOCKS: readonly (readonly [tag: string, more: Pick<Reference, 'severity'>])[] = [
  ['pattern-list', {}],
  ['smtp-pattern-list', {}],
  ['rewrite-list', { severity: 'warning' }],
  ['source-group', { severity: 'warning' }],
];

/** Rules about names that are used and names that are defined. */
export const referenceRules: readonly Rule[] = [
  {
    code: 'ref-undefined',
    severity: 'error',
    why: 'What is named is not defined: mail that needs it fails.',
    fix: 'Define it, or name one that exists.',
    evidence: 'guide',
    check: function* (survey) {
      for (const { line, word, what, severity } of danglingReferences(survey)) {
        const message = `${what} ${unquoted(word.text)} is not defined`;
        yield at(line, word, message, severity ? { severity } : unlessIncluded(survey));
      }
    },
  },
  {
    code: 'pool-member-undefined',
    severity: 'error',
    why: 'Messages that the pool gives to a missing virtual MTA fail.',
    fix: 'Define the virtual MTA, or take it out of the pool.',
    evidence: 'guide',
    check: function* (survey) {
      const defined = namesOf(survey.blocksOf('virtual-mta'));
      for (const { scope, directive } of survey.all('virtual-mta')) {
        const { first } = firstWord(directive.value);
        if (scope !== 'virtual-mta-pool' || defined.has(unquoted(first.text))) continue;
        yield at(directive.line, first, `virtual MTA ${unquoted(first.text)} is not defined`, unlessIncluded(survey));
      }
    },
  },
  {
    code: 'pattern-list-after-source',
    severity: 'error',
    why: 'A pattern list must be defined before the <source> that names it.',
    fix: 'Move the <pattern-list> above the <source>.',
    evidence: 'guide',
    check: function* ({ all, blocksOf, nameOf }) {
      const lists = new Map(blocksOf('pattern-list').map((placed) => [placed.name, placed]));
      for (const { scope, directive, order } of all('pattern-list')) {
        const defined = lists.get(unquoted(directive.value.text));
        if (scope === 'source' && defined !== undefined && defined.order > order) {
          yield at(
            directive.line,
            directive.value,
            `<pattern-list ${directive.value.text}> is only defined on ${nameOf(defined.block.open)}`,
          );
        }
      }
    },
  },
  {
    code: 'vmta-name-duplicate',
    severity: 'error',
    why: 'Virtual MTAs and pools share their names; one defined twice is ambiguous.',
    fix: 'Rename or remove one of them.',
    evidence: 'guide',
    check: function* ({ blocks, nameOf }) {
      const first = new Map<string, Line>();
      for (const { block, name } of virtualMtas(blocks)) {
        const line = first.get(name);
        if (line === undefined) first.set(name, block.open);
        else yield at(block.open, block.name, `${name} is already defined on ${nameOf(line)}`);
      }
    },
  },
  {
    code: 'vmta-case-clash',
    severity: 'info',
    why: 'Names that differ by case only are easily mixed up.',
    fix: 'Choose names that differ otherwise.',
    evidence: 'unproven',
    check: function* ({ blocks }) {
      const first = new Map<string, string>();
      for (const { block, name } of virtualMtas(blocks)) {
        const other = first.get(name.toLowerCase());
        if (other === undefined) first.set(name.toLowerCase(), name);
        else if (other !== name) yield at(block.open, block.name, `${name} differs from ${other} by case only`);
      }
    },
  },
  {
    code: 'vmta-in-two-domain-pools',
    severity: 'error',
    why: 'A virtual MTA cannot be in two pools that both hold <domain> blocks.',
    fix: 'Keep <domain> blocks in one of the pools.',
    evidence: 'guide',
    check: function* ({ all, blocksOf }) {
      const first = new Map<string, string>();
      const limited = new Set(blocksOf('domain').map(({ path }) => path.at(-1)));
      for (const { path, directive } of all('virtual-mta')) {
        const pool = path.at(-1);
        if (!pool || !limited.has(pool)) continue;
        const { first: word } = firstWord(directive.value);
        const other = first.get(unquoted(word.text));
        if (other === undefined) first.set(unquoted(word.text), pool.name.text);
        else if (other !== pool.name.text)
          yield at(directive.line, word, `${word.text} is also in pool ${other}, and both hold <domain> blocks`);
      }
    },
  },
];

interface Reference {
  readonly line: Line;
  readonly word: Word;
  readonly what: string;
  readonly severity?: 'warning';
}

function* danglingReferences(survey: Survey): Generator<Reference> {
  const missing = (names: ReadonlySet<string>, word: Word | undefined): word is Word =>
    word !== undefined && unquoted(word.text) !== '' && !names.has(unquoted(word.text));
  const mtas = new Set(virtualMtas(survey.blocks).map(({ name }) => name));
  for (const keyword of VIRTUAL_MTA_REFERENCES) {
    for (const { directive } of survey.all(keyword)) {
      const words = wordsOf(directive.value);
      // `cold-virtual-mta CIDR HOST` is an older form, which names nothing.
      if (words.length > 1 || words[0]?.text.toLowerCase() === 'by-smtp-source-ip') continue;
      if (missing(mtas, words[0])) yield { line: directive.line, word: words[0], what: 'virtual MTA or pool' };
    }
  }
  for (const { scope, entry } of survey.entries) {
    const parts = scope === 'pattern-list' ? regexEntry(entry) : undefined;
    const target = parts
      ? virtualMtaOf(parts.result)
      : scope === 'pattern-list'
        ? virtualMtaOf(firstWord(entry.value).rest)
        : undefined;
    if (missing(mtas, target)) yield { line: entry.line, word: target, what: 'virtual MTA or pool' };
  }
  for (const [tag, more] of NAMED_BLOCKS) {
    const names = namesOf(survey.blocksOf(tag));
    for (const { directive } of survey.all(tag)) {
      if (missing(names, directive.value)) yield { line: directive.line, word: directive.value, what: tag, ...more };
    }
  }
  yield* danglingSources(survey, missing);
  const queues = new Set(survey.blocksOf('domain').map(({ name }) => name.toLowerCase()));
  for (const { directive } of survey.all('queue-to')) {
    const queue = { ...directive.value, text: unquoted(directive.value.text).toLowerCase() };
    if (!queue.text.endsWith('.rollup') && missing(queues, queue))
      yield { line: directive.line, word: directive.value, what: 'queue' };
  }
}

function* danglingSources(
  survey: Survey,
  missing: (names: ReadonlySet<string>, word: Word) => boolean,
): Generator<Reference> {
  const sources = new Set([...namesOf(survey.blocksOf('source')), ...BUILT_IN_SOURCES]);
  for (const { scope, directive } of survey.all('source')) {
    if ((scope === 'smtp-user' || scope === 'smtp-listener') && missing(sources, directive.value)) {
      yield { line: directive.line, word: directive.value, what: 'source' };
    }
  }
  for (const { directive } of survey.all('smtp-listener')) {
    const option = wordsOf(directive.value).find(({ text }) => /^source=/i.test(text));
    const word = option && { text: option.text.slice(7), column: option.column + 7 };
    if (word && missing(sources, word)) yield { line: directive.line, word, what: 'source' };
  }
}

const namesOf = (blocks: readonly PlacedBlock[]): Set<string> => new Set(blocks.map(({ name }) => name));

const virtualMtas = (blocks: readonly PlacedBlock[]): readonly PlacedBlock[] =>
  blocks.filter(({ tag }) => tag === 'virtual-mta' || tag === 'virtual-mta-pool');
