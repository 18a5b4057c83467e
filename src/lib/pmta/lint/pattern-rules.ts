import type { Word } from '../document.js';
import { compile, isCutShort, regexEntry } from '../entry.js';
import type { PlacedEntry, Survey } from '../survey.js';
import { at, type Finding, type Rule } from './rule.js';

const ACTIONS = new Set([
  'mode',
  'backoff-to-normal-after',
  'skip-mx',
  'bounce-queue',
  'bounce-rcpt',
  'disable-source-ip',
  'reenable-after',
  'defer-queue',
]);

const PATTERN_LISTS = new Set(['smtp-pattern-list', 'bounce-category-patterns', 'pattern-list']);

/** Rules about lists of regular expressions. */
export const patternRules: readonly Rule[] = [
  {
    code: 'regex-invalid',
    severity: 'error',
    why: 'A broken regular expression is refused, or never matches.',
    fix: 'Put it between two slashes, and escape the slashes in it.',
    evidence: 'guide',
    check: function* (survey) {
      for (const placed of regexEntries(survey)) yield* invalidRegex(placed);
    },
  },
  {
    code: 'entry-incomplete',
    severity: 'error',
    why: 'An entry needs something to do after its regular expression.',
    fix: 'Add the action, the category or `virtual-mta=NAME`.',
    evidence: 'guide',
    check: function* (survey) {
      for (const { entry, scope } of regexEntries(survey)) {
        const parts = regexEntry(entry);
        if (!parts?.regex || parts.result.text !== '') continue;
        const missing = { 'smtp-pattern-list': 'action', 'bounce-category-patterns': 'category' }[scope] ?? 'result';
        yield at(entry.line, parts.regex, `no ${missing} follows the regular expression`);
      }
    },
  },
  {
    code: 'action-conflict',
    severity: 'error',
    why: 'These actions cannot stand together in one rule.',
    fix: 'Keep one mode; put backoff-to-normal-after after mode=backoff, and reenable-after after disable-source-ip.',
    evidence: 'guide',
    check: function* ({ entries }) {
      for (const { scope, entry } of entries) {
        const result = scope === 'smtp-pattern-list' ? regexEntry(entry)?.result : undefined;
        if (!result || result.text === '') continue;
        for (const { message, severity } of actionConflicts(result))
          yield at(entry.line, result, message, severity && { severity });
      }
    },
  },
  {
    code: 'catch-all-not-last',
    severity: 'warning',
    why: 'The first pattern that matches gives the category: what stands after a catch-all is never reached.',
    fix: 'Move the catch-all to the end.',
    evidence: 'unproven',
    check: function* ({ blocksOf }) {
      for (const { block } of blocksOf('bounce-category-patterns')) {
        const entries = block.children.filter((node) => node.kind === 'entry');
        for (const entry of entries.slice(0, -1)) {
          const regex = regexEntry(entry)?.regex;
          if (regex && /^(\.\*)?$/.test(regex.text)) yield at(entry.line, regex, 'categories follow this catch-all');
        }
      }
    },
  },
];

/** Entries that must have a regular expression. */
function regexEntries({ entries }: Survey): readonly PlacedEntry[] {
  return entries.filter(
    ({ scope, entry: { value } }) => PATTERN_LISTS.has(scope) && !/^(\*|<\/|include\s)/i.test(value.text),
  );
}

function* invalidRegex({ scope, entry }: PlacedEntry): Generator<Finding> {
  const parts = regexEntry(entry);
  if (!parts) {
    // A bare entry of a pattern list is reported for its first word.
    if (scope !== 'pattern-list' || /^(header|mail-from|rcpt-to)\s/i.test(entry.value.text)) {
      yield at(entry.line, entry.value, 'the regular expression is missing');
    }
  } else if (!parts.regex) {
    // One that a comment cuts short has a rule of its own.
    if (!isCutShort(entry)) yield at(entry.line, entry.value, 'the regular expression has no closing slash');
  } else if (!compile(parts.regex.text))
    yield at(entry.line, parts.regex, `/${parts.regex.text}/ is not a regular expression`);
}

/** What is wrong with `mode=backoff,backoff-to-normal-after=1h` and its like. */
function* actionConflicts({ text }: Word): Generator<{ message: string; severity?: 'warning' }> {
  const actions = text.split(',').map((action) => action.trim().toLowerCase());
  const names = actions.map((action) => action.split('=')[0] ?? '');
  const has = (action: string): boolean => actions.includes(action);
  const after = (later: string, earlier: string): boolean => {
    const index = names.indexOf(later);
    return index === -1 || actions.slice(0, index).includes(earlier);
  };
  const once = (name: string): boolean => names.indexOf(name) === names.lastIndexOf(name);

  if (has('mode=backoff') && has('mode=normal')) yield { message: 'mode=backoff and mode=normal exclude each other' };
  if (has('skip-mx') && has('bounce-queue')) yield { message: 'skip-mx and bounce-queue exclude each other' };
  if (!after('backoff-to-normal-after', 'mode=backoff'))
    yield { message: 'backoff-to-normal-after needs mode=backoff before it' };
  if (!after('reenable-after', 'disable-source-ip'))
    yield { message: 'reenable-after needs disable-source-ip before it' };
  for (const name of ['backoff-to-normal-after', 'reenable-after'])
    if (!once(name)) yield { message: `${name} stands twice` };
  for (const name of new Set(names))
    if (!ACTIONS.has(name)) yield { message: `${name} is not a known action`, severity: 'warning' };
}
