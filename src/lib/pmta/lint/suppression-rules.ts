import type { Rule } from './rule.js';

/** What is found of suppressions themselves. They are weighed after all other rules, in suppress.ts: here is what they are. */
export const suppressionRules: readonly Rule[] = [
  {
    code: 'suppression-unused',
    severity: 'info',
    why: 'The comment suppresses what is not found here: it was repaired, or the comment stands on the wrong line.',
    fix: 'Remove the code from the comment.',
    evidence: 'guide',
    check: () => [],
  },
  {
    code: 'suppression-unknown',
    severity: 'info',
    why: 'No rule has this code: nothing is suppressed.',
    fix: 'Write a code as the report shows it, between brackets.',
    evidence: 'guide',
    check: () => [],
  },
];
