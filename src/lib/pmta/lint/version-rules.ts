import { wordsOf } from '../lines.js';
import { at, type Rule } from './rule.js';

/** Rules about what one version of PowerMTA takes and another does not. */
export const versionRules: readonly Rule[] = [
  {
    code: 'rate-multiplier-version',
    severity: 'error',
    why: 'A rate with a number before its unit, such as 100/15m, is only known from 5.0 on.',
    fix: 'Write it for one unit of time: 400/h.',
    evidence: 'guide',
    targets: ['4.5'],
    check: function* ({ statements }, { catalogue }) {
      for (const { scope, directive, keyword } of statements) {
        const { value, line } = directive;
        if (!value.text.includes('/') || !(catalogue.find(scope, keyword)?.value ?? '').includes('RATE')) continue;
        const word = wordsOf(value).find(({ text }) => /^"?[\d.]+[bkmgt]?\/\d+[a-z]+"?$/i.test(text));
        if (word) yield at(line, word, `${word.text}: 4.5 knows no number before the unit of time`);
      }
    },
  },
  {
    code: 'new-in-5.0',
    severity: 'warning',
    why: 'It is in the guide of 5.0, and nothing proves that 4.5 knows it; an unknown name may stop PowerMTA from starting.',
    fix: 'Take it out, or ask the host: a start with `pmtad --debug` prints what it does not know.',
    evidence: 'unproven',
    targets: ['4.5'],
    check: function* ({ statements, blocks }, { catalogue }) {
      for (const { scope, directive, keyword } of statements) {
        if (catalogue.isNewIn50(scope, keyword, directive.value.text))
          yield at(directive.line, directive.keyword, `${keyword} as used here is not known before 5.0`);
      }
      for (const { block, tag } of blocks) {
        if (catalogue.isTagNewIn50(tag)) yield at(block.open, block.tag, `<${tag}> is not known before 5.0`);
      }
    },
  },
  {
    code: 'removed-in-5.0',
    severity: 'error',
    why: 'From 5.0 on the directives that allow SSLv3 are invalid.',
    fix: 'Remove the line; SSLv3 is broken, and no mailbox provider asks for it.',
    evidence: 'guide',
    targets: ['5.0', '6.0'],
    check: function* ({ statements }, { catalogue }) {
      for (const { directive, keyword } of statements) {
        if (catalogue.isRemovedIn50(keyword))
          yield at(directive.line, directive.keyword, `${keyword} is invalid from 5.0 on`);
      }
    },
  },
  {
    code: 'cold-form-removed',
    severity: 'error',
    why: '4.5 took `cold-virtual-mta IP HOST` away: it names a virtual MTA, which has the address.',
    fix: 'Define a virtual MTA with this address, and write `cold-virtual-mta NAME`.',
    evidence: 'release notes',
    check: function* ({ all }) {
      for (const { directive } of all('cold-virtual-mta')) {
        const [first, second] = wordsOf(directive.value);
        if (first && second && /^[\d.:a-f/]+$/i.test(first.text) && /[.:\d]/.test(first.text))
          yield at(directive.line, directive.value, 'cold-virtual-mta takes the name of a virtual MTA, not an address');
      }
    },
  },
  {
    code: 'dkim-sha1',
    severity: 'warning',
    why: 'RFC 8301 forbids signatures with rsa-sha1: receivers take them for none. Before 5.0 it is the default.',
    fix: 'Add `dkim-algorithm rsa-sha256` to <domain *>.',
    evidence: 'guide',
    check: function* ({ all }, { target }) {
      const chosen = all('dkim-algorithm');
      for (const { directive } of [...chosen, ...all('second-dkim-algorithm')]) {
        if (/^"?rsa-sha1"?$/i.test(directive.value.text))
          yield at(directive.line, directive.value, 'signs with rsa-sha1');
      }
      const [key] = all('domain-key');
      if (target === '4.5' && key && chosen.length === 0)
        yield at(key.directive.line, key.directive.keyword, 'no dkim-algorithm is set: 4.5 signs with rsa-sha1');
    },
  },
];
