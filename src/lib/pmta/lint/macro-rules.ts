import { unquoted, type Line, type Word } from '../document.js';
import { macroTable, MOST_MACRO_LEVELS } from '../macros.js';
import type { Survey } from '../survey.js';
import { at, unlessIncluded, type Rule } from './rule.js';

/** Rules about `domain-macro`. */
export const macroRules: readonly Rule[] = [
  {
    code: 'macro-undefined',
    severity: 'error',
    why: 'A pattern with an unknown macro matches no domain.',
    fix: 'Define it with `domain-macro NAME LIST`.',
    evidence: 'guide',
    check: function* (survey) {
      const names = new Set(survey.macros.map(({ name }) => name.text));
      for (const { line, word, names: used } of macroUses(survey)) {
        for (const name of used)
          if (!names.has(name)) yield at(line, word, `$${name} is not a defined macro`, unlessIncluded(survey));
      }
    },
  },
  {
    code: 'macro-loop',
    severity: 'error',
    why: 'A macro that contains itself cannot be expanded: the configuration does not load.',
    fix: 'Take the macro out of its own list.',
    evidence: 'guide',
    check: function* ({ macros }) {
      const { looping } = macroTable(macros);
      for (const { name, directive } of macros)
        if (looping.has(name.text)) yield at(directive.line, name, `macro ${name.text} contains itself`);
    },
  },
  {
    code: 'macro-deep',
    severity: 'warning',
    why: `How many levels of macros within macros PowerMTA follows is not known; ee follows ${MOST_MACRO_LEVELS}.`,
    fix: 'List the domains without macros in between.',
    evidence: 'unproven',
    check: function* ({ macros }) {
      const { tooDeep } = macroTable(macros);
      if (!tooDeep) return;
      const { name, directive } = tooDeep;
      yield at(directive.line, name, `macro ${name.text} is nested more than ${MOST_MACRO_LEVELS} levels deep`);
    },
  },
  {
    code: 'macro-duplicate-member',
    severity: 'info',
    why: 'Listing a domain twice changes nothing.',
    fix: 'Remove the repetition, or leave it.',
    evidence: 'guide',
    check: function* ({ macros }) {
      for (const { name, members, directive } of macros) {
        const seen = new Set<string>();
        const repeated = members
          .map((member) => member.toLowerCase())
          .filter((member) => seen.size === seen.add(member).size);
        const twice = [...new Set(repeated)];
        if (twice.length > 0)
          yield at(directive.line, name, `macro ${name.text} lists ${twice.join(', ')} more than once`);
      }
    },
  },
  {
    code: 'macro-continuation',
    severity: 'info',
    why: 'A list over several lines is seen in real configurations; the guide does not know it.',
    fix: 'Put the list on one line if `pmta test config` complains.',
    evidence: 'configurations in use',
    check: function* ({ macros }) {
      for (const { name, directive } of macros) {
        if (directive.more.length > 0)
          yield at(directive.line, name, `the list of ${name.text} goes on over ${directive.more.length + 1} lines`);
      }
    },
  },
];

/** Names of macros in a pattern: `yahoo.$tld` uses `tld`. */
const macroNames = (text: string): string[] => [...text.matchAll(/\$(\w+)/g)].map((match) => match[1] ?? '');

interface Use {
  readonly line: Line;
  readonly word: Word;
  readonly names: readonly string[];
}

function* macroUses({ blocksOf, all, macros }: Survey): Generator<Use> {
  for (const { block, name } of blocksOf('domain'))
    yield { line: block.open, word: block.name, names: macroNames(name) };
  for (const keyword of ['relay-domain', 'domain-key']) {
    for (const { directive } of all(keyword)) {
      yield { line: directive.line, word: directive.value, names: macroNames(unquoted(directive.value.text)) };
    }
  }
  for (const { name, members, directive } of macros) {
    yield { line: directive.line, word: name, names: members.flatMap(macroNames) };
  }
}
