import { unquoted } from '../document.js';
import { at, type Rule } from './rule.js';

const UNIT = '(?:d|day|h|hr|m|min|s|sec)';

/** The documented forms of values, by the name that the guide gives their syntax; each with what to say of another one. */
const FORMS: Readonly<Record<string, { readonly form: RegExp; readonly wanted: string }>> = {
  BOOLEAN: { form: /^(yes|no|true|false)$/i, wanted: 'yes or no' },
  N: { form: /^\d+$/, wanted: 'a number' },
  '{ N | unlimited }': { form: /^(\d+|unlimited)$/i, wanted: 'a number or unlimited' },
  RATE: { form: new RegExp(`^(unlimited|0|\\d+/\\d*${UNIT})$`, 'i'), wanted: 'a rate such as 1000/h or unlimited' },
  'DATA-RATE': {
    form: new RegExp(`^(unlimited|0|\\d+[bkmgt]?/\\d*${UNIT})$`, 'i'),
    wanted: 'a rate such as 10g/h or unlimited',
  },
  'TIME-INTERVAL': { form: /^((\d+[wdhms])+|0|never)$/i, wanted: 'a time such as 30m or 4d12h' },
  '{ TIME-INTERVAL | never }': { form: /^((\d+[wdhms])+|0|never)$/i, wanted: 'a time such as 30m, or never' },
  'TIME-INTERVAL-LIST': {
    form: /^(\d+[wdhms])+(,(\d+[wdhms])+)*$/i,
    wanted: 'times such as 10m,30m,1h, without blanks',
  },
  SIZE: { form: /^\d+[bkmgt]$/i, wanted: 'a size such as 50M' },
  '{ Nd | never }': { form: /^(\d+d|never)$/i, wanted: 'days such as 8d, or never' },
};

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
      for (const { scope, directive, keyword } of statements) {
        const facts = FORMS[catalogue.find(scope, keyword)?.value ?? ''];
        // The first argument alone: some directives take options after it. A rate of 0/h has a rule of its own.
        const value = unquoted(directive.value.text);
        if (!facts || facts.form.test(value) || /^$|^0+\s*\/|[$]/.test(value)) continue;
        yield at(
          directive.line,
          directive.value.text === '' ? directive.keyword : directive.value,
          `${keyword} takes ${facts.wanted}`,
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
