import { unquoted } from '../document.js';
import { at, type Rule } from './rule.js';

const UNIT = '(?:d|day|h|hr|m|min|s|sec)';

/** What a value may be by the name that the guide gives it: a pattern, and how to say it. */
const FORMS: Readonly<Record<string, readonly [pattern: string, ...wanted: string[]]>> = {
  BOOLEAN: ['yes|no|true|false', 'yes', 'no'],
  N: ['\\d+', 'a number'],
  RATE: [`unlimited|0|\\d+/\\d*${UNIT}`, 'a rate such as 1000/h', 'unlimited'],
  'DATA-RATE': [`unlimited|0|\\d+[bkmgt]?/\\d*${UNIT}`, 'a rate such as 10g/h', 'unlimited'],
  // Some take these two as well; which of them is not always stated.
  'TIME-INTERVAL': ['(\\d+[wdhms])+|0|never', 'a time such as 4d12h'],
  'TIME-INTERVAL-LIST': ['(\\d+[wdhms])+(,(\\d+[wdhms])+)*', 'times such as 10m,30m,1h, without blanks'],
  SIZE: ['\\d+[bkmgt]', 'a size such as 50M'],
  Nd: ['\\d+d', 'days such as 8d'],
};

interface Form {
  readonly pattern: RegExp;
  readonly wanted: string;
}

/** The form of a syntax as the catalogue has it, such as `{ TIME-INTERVAL | never }`; nothing where a part of it is anything at all. */
function formOf(syntax: string): Form | undefined {
  const choice = /^\{ ([^{}]+) \}$/.exec(syntax)?.[1]?.split(' | ');
  const parts = (choice ?? [syntax]).map(
    (part) => FORMS[part] ?? (choice && /^[a-z0-9-]+$/.test(part) && [part, part]),
  );
  if (!parts.every((part) => Array.isArray(part))) return undefined;
  const wanted = [...new Set(parts.flatMap(([, ...words]) => words))];
  return {
    pattern: new RegExp(`^(?:${parts.map(([pattern]) => pattern).join('|')})$`, 'i'),
    wanted: [wanted.slice(0, -1).join(', '), ...wanted.slice(-1)].filter((part) => part !== '').join(' or '),
  };
}

/** Directives that the guide has only once in a block. */
const ONCE: readonly (readonly [scope: string, keyword: string])[] = [
  ['source', 'pattern-list'],
  ['acct-file', 'records'],
];

/** Rules about the form of values, and about how often they stand. */
export const valueFormRules: readonly Rule[] = [
  {
    code: 'value-form',
    severity: 'warning',
    why: 'The value has none of the forms that the guide gives for this directive.',
    fix: 'Write it in the form that the message names.',
    evidence: 'guide',
    check: function* ({ statements }, { catalogue }) {
      const forms = new Map<string, Form | undefined>();
      for (const { scope, directive, keyword } of statements) {
        const syntax = catalogue.syntaxOf(scope, keyword);
        if (!forms.has(syntax)) forms.set(syntax, formOf(syntax));
        const form = forms.get(syntax);
        const value = unquoted(directive.value.text);
        // A rate of 0/h has a rule of its own.
        if (!form || form.pattern.test(value) || /^$|^0+\s*\/|[$]/.test(value)) continue;
        yield at(
          directive.line,
          directive.value.text === '' ? directive.keyword : directive.value,
          `${keyword} takes ${form.wanted}`,
        );
      }
    },
  },
  {
    code: 'rate-bare-zero',
    severity: 'info',
    why: 'What a rate of 0 means is not stated: it is no sure way to pause a queue, and none to lift a limit.',
    fix: "Write `unlimited` or N/unit; pause with `pmta pause queue '*/VMTA'`.",
    evidence: 'unproven',
    check: function* ({ statements }, { catalogue }) {
      for (const { scope, directive, keyword } of statements) {
        if (/^"?0+"?$/.test(directive.value.text) && /^(DATA-)?RATE$/.test(catalogue.find(scope, keyword)?.value ?? ''))
          yield at(directive.line, directive.value, `${keyword} 0 has no stated meaning`);
      }
    },
  },
  {
    code: 'given-twice',
    severity: 'warning',
    why: 'The guide has this directive once in a block; what a second one does is not stated.',
    fix: 'Put both into one line or one list.',
    evidence: 'guide',
    check: function* ({ all, nameOf }) {
      for (const [scope, keyword] of ONCE) {
        const first = new Map<unknown, string>();
        for (const statement of all(keyword)) {
          const block = statement.path.at(-1);
          if (statement.scope !== scope) continue;
          const { line } = statement.directive;
          const earlier = first.get(block);
          if (earlier === undefined) first.set(block, nameOf(line));
          else yield at(line, statement.directive.keyword, `${keyword} already stands on ${earlier}`);
        }
      }
    },
  },
  {
    code: 'log-file-relative',
    severity: 'error',
    why: 'log-file must be an absolute path.',
    fix: 'Write `log-file /var/log/pmta/log`.',
    evidence: 'guide',
    check: function* ({ all }) {
      for (const { scope, directive } of all('log-file')) {
        if (scope === 'global' && directive.value.text !== '' && !/^"?(\/|[a-z]:\\)/i.test(directive.value.text))
          yield at(directive.line, directive.value, `${directive.value.text} is not an absolute path`);
      }
    },
  },
];
