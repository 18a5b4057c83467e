import ipaddr from 'ipaddr.js';
import { unquoted, type Directive, type Entry, type Word } from '../document.js';
import { compile, isCutShort, regexEntry } from '../entry.js';
import { wordsOf } from '../lines.js';
import { SECRET_DIRECTIVES } from '../redact.js';
import { at, type Edit, type Rule } from './rule.js';

const PLACEHOLDER = /YOUR[_-][A-Z]|VOTRE[_-][A-Z]|MOT_DE_PASSE|CHANGE[_-]?ME|\{\{[^{}]*\}\}|\$\{[^{}]*\}/;

/** Rules about the values of single directives. */
export const valueRules: readonly Rule[] = [
  {
    code: 'source-host-order',
    severity: 'error',
    why: 'smtp-source-host takes the IP first; a host name in its place cannot be bound.',
    fix: 'Write `smtp-source-host IP HOST-NAME`.',
    evidence: 'guide',
    autofix: 'Puts the IP before the host name.',
    check: function* ({ all }) {
      for (const { directive } of all('smtp-source-host')) {
        const words = wordsOf(directive.value);
        const [ip, host] = words;
        if (!ip || !host) yield at(directive.line, directive.value, 'smtp-source-host needs an IP and a host name');
        else if (!isAddress(ip) || /^[\d.]+$/.test(unquoted(host.text))) {
          const edits = swapped(directive, words);
          const message = `the IP comes first: smtp-source-host ${host.text} ${ip.text}`;
          yield at(directive.line, ip, message, edits && { edits });
        }
      }
    },
  },
  {
    code: 'domain-key-arity',
    severity: 'error',
    why: 'domain-key takes selector, domain and key file; with another number of them mail is signed wrongly or not at all.',
    fix: 'Write `domain-key SELECTOR,DOMAIN,FILE`.',
    evidence: 'guide',
    check: function* ({ all }) {
      for (const { directive } of all('domain-key')) {
        const parts = directive.value.text.split(',').map((part) => part.trim());
        if (parts.length === 3 && !parts.includes('')) continue;
        yield at(
          directive.line,
          directive.value,
          `domain-key has ${parts.length} parts instead of selector, domain and key file`,
        );
      }
    },
  },
  {
    code: 'rate-zero-numerator',
    severity: 'error',
    why: 'A rate of 0 in a unit of time is invalid; it does not pause a queue.',
    fix: "Use `unlimited` or N/unit, and `pmta pause queue '*/VMTA'` to pause.",
    evidence: 'guide',
    check: function* ({ statements }, { catalogue }) {
      for (const { scope, directive, keyword } of statements) {
        if (!/^"?0+\s*\//.test(directive.value.text)) continue;
        const syntax = catalogue.find(scope, keyword)?.value ?? (keyword.endsWith('-rate') ? 'RATE' : '');
        if (/RATE/.test(syntax))
          yield at(
            directive.line,
            directive.value,
            `${keyword} ${directive.value.text}: the number before the slash cannot be 0`,
          );
      }
    },
  },
  {
    code: 'records-all',
    severity: 'error',
    why: '`all` is not a type of accounting record.',
    fix: 'List the types: d,b,t,tq,r,f,rb,rs.',
    evidence: 'guide',
    check: function* ({ all }) {
      for (const { scope, directive } of all('records')) {
        if (scope === 'acct-file' && directive.value.text.split(/[\s,]+/).some((type) => /^all$/i.test(type))) {
          yield at(directive.line, directive.value, '`all` is not a type of record');
        }
      }
    },
  },
  {
    code: 'hash-in-value',
    severity: 'error',
    why: '"#" starts a comment anywhere, also inside a password or a regular expression: the rest of the line is lost.',
    fix: 'Write \\x23 in a regular expression; choose a password without "#".',
    evidence: 'guide',
    autofix: 'Writes \\x23 in a regular expression that is whole with it.',
    check: function* ({ statements, entries }) {
      for (const { directive, keyword } of statements) {
        const { value, comment, line } = directive;
        if (!comment || !SECRET_DIRECTIVES.has(keyword)) continue;
        if (value.column + value.text.length === comment.column)
          yield at(line, comment, `"#" cuts the value of ${keyword} short`);
      }
      for (const { entry } of entries) {
        if (entry.comment && isCutShort(entry))
          yield at(entry.line, entry.comment, '"#" cuts the regular expression short', hashEscaped(entry));
      }
    },
  },
  {
    code: 'placeholder-left',
    severity: 'error',
    why: 'A placeholder of a template was not filled in.',
    fix: 'Put the real value in its place.',
    evidence: 'configurations in use',
    check: function* ({ statements, blocks }) {
      const message = 'a placeholder is left in';
      for (const { directive } of statements) {
        const found = PLACEHOLDER.exec(directive.value.text);
        if (found)
          yield at(
            directive.line,
            { text: found[0], column: directive.value.column + found.index },
            `${message} ${directive.keyword.text}`,
          );
      }
      for (const { block } of blocks) {
        if (PLACEHOLDER.test(block.name.text)) yield at(block.open, block.name, `${message} <${block.tag.text}>`);
      }
    },
  },
  {
    code: 'delete-after-never',
    severity: 'warning',
    why: 'Accounting files that are never deleted fill the disk.',
    fix: 'Write `delete-after 8d`, or as long as they are needed.',
    evidence: 'configurations in use',
    check: function* ({ all }) {
      for (const { scope, directive } of all('delete-after')) {
        if (scope === 'acct-file' && /^"?never"?$/i.test(directive.value.text)) {
          yield at(directive.line, directive.value, 'these files are never deleted');
        }
      }
    },
  },
  {
    code: 'pool-member-weight',
    severity: 'warning',
    why: 'The guide gives a member of a pool no second argument.',
    fix: 'Write `virtual-mta NAME`; to give one more mail, use several pools.',
    evidence: 'guide',
    check: function* ({ all }) {
      for (const { scope, directive } of all('virtual-mta')) {
        const second = wordsOf(directive.value)[1];
        if (scope === 'virtual-mta-pool' && second)
          yield at(directive.line, second, `virtual-mta takes a name alone, not also ${second.text}`);
      }
    },
  },
];

const isAddress = ({ text }: Word): boolean => {
  const address = /^([0-9a-f:.]+)(?:\/\d+)?$/i.exec(unquoted(text))?.[1];
  return address !== undefined && /[:.\d]/.test(address);
};

/** The line with its two words the other way round, where these are a name and an address without doubt. */
function swapped({ line }: Directive, words: readonly Word[]): readonly Edit[] | undefined {
  const [host, ip] = words;
  if (!host || !ip || words.length !== 2 || !ipaddr.isValid(unquoted(ip.text)) || isAddress(host)) return undefined;
  return [
    { line, column: host.column, endColumn: host.column + host.text.length, text: ip.text },
    { line, column: ip.column, endColumn: ip.column + ip.text.length, text: host.text },
  ];
}

/** The entry with every "#" of its expression written as `\x23`, where that makes it whole. */
function hashEscaped(entry: Entry): { edits: readonly Edit[] } | undefined {
  const { line, value } = entry;
  const whole = { text: line.text.slice(value.column - 1).trimEnd(), column: value.column };
  const regex = regexEntry({ ...entry, value: whole })?.regex;
  if (!regex) return undefined;
  const text = regex.text.replace(/\\\\|\\?#/g, (found) => (found.endsWith('#') ? '\\x23' : found));
  const edit = { line, column: regex.column, endColumn: regex.column + regex.text.length, text };
  const rest = line.text.slice(edit.endColumn);
  const result = (rest.split('#')[0] ?? '').trim();
  // A value must follow, and what follows must be one: not a word in the middle of a comment with slashes.
  return compile(text) && /^[\w=,.-]+$/.test(result) ? { edits: [edit] } : undefined;
}
