import type { IncludeTrouble } from '../configuration.js';
import type { Survey } from '../survey.js';
import { at, type Finding, type Rule } from './rule.js';

/** Rules about files that a configuration reads in; they know something only where includes are followed. */
export const includeRules: readonly Rule[] = [
  {
    code: 'include-missing',
    severity: 'warning',
    why: 'The file is not there: what it should set is not set, or PowerMTA does not start.',
    fix: 'Bring the file, or take the line out.',
    evidence: 'unproven',
    applies: ({ configuration }) => configuration.followed,
    check: (survey) => troubleOf(survey, 'missing'),
  },
  {
    code: 'include-loop',
    severity: 'warning',
    why: 'A file that includes itself, directly or by way of others, has no end.',
    fix: 'Take one of the includes out.',
    evidence: 'unproven',
    applies: ({ configuration }) => configuration.followed,
    check: (survey) => troubleOf(survey, 'loop'),
  },
  {
    code: 'include-not-followed',
    severity: 'info',
    why: 'What this brings in was not checked, and what seems to be missing may be in it.',
    fix: 'Look at it yourself; `pmta test config` on the host reads it.',
    evidence: 'guide',
    applies: ({ configuration }) => configuration.followed,
    check: (survey) => troubleOf(survey, 'not-followed'),
  },
];

function* troubleOf({ configuration }: Survey, kind: IncludeTrouble['kind']): Generator<Finding> {
  for (const trouble of configuration.trouble)
    if (trouble.kind === kind) yield at(trouble.line, trouble.word, trouble.message);
}
