import type { Catalogue } from './catalogue.js';
import type { Document } from './document.js';
import { accessRules } from './lint/access-rules.js';
import { deliveryRules } from './lint/delivery-rules.js';
import { macroRules } from './lint/macro-rules.js';
import { patternRules } from './lint/pattern-rules.js';
import { referenceRules } from './lint/reference-rules.js';
import type { Rule } from './lint/rule.js';
import { structureRules } from './lint/structure-rules.js';
import { valueRules } from './lint/value-rules.js';
import { SEVERITIES, type Problem } from './problem.js';
import { survey } from './survey.js';

/** All rules; their codes are part of the interface. */
export const RULES: readonly Rule[] = [
  ...structureRules,
  ...valueRules,
  ...patternRules,
  ...referenceRules,
  ...macroRules,
  ...accessRules,
  ...deliveryRules,
];

/** What is wrong with a configuration, in the order of the file. `pmta test config` on the host has the last word. */
export function lint(document: Document, catalogue: Catalogue): Problem[] {
  const surveyed = survey(document);
  const problems = RULES.flatMap((rule) =>
    [...rule.check(surveyed, catalogue)].map(({ line, column, message, severity = rule.severity }) => ({
      line,
      column,
      severity,
      code: rule.code,
      message,
    })),
  );
  return problems.sort(inFileOrder);
}

function inFileOrder(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column || SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
}
