import type { Catalogue } from '../catalogue.js';
import type { Line, Word } from '../document.js';
import type { Severity } from '../problem.js';
import type { Survey } from '../survey.js';

/** What a rule reports. Its severity is the rule's, unless the evidence for this case is weaker or stronger. */
export interface Finding {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly severity?: Severity;
}

/** One rule: what it is called, how much it matters, why, what to do, and how it is found. */
export interface Rule {
  readonly code: string;
  readonly severity: Severity;
  readonly why: string;
  readonly fix: string;
  readonly check: (survey: Survey, catalogue: Catalogue) => Iterable<Finding>;
}

export function at(line: Line, word: Word, message: string, severity?: Severity): Finding {
  return { line: line.number, column: word.column, message, ...(severity && { severity }) };
}

/** What is missing here may stand in an included file: then it is only a warning. */
export const unlessIncluded = ({ hasIncludes }: Survey): Severity => (hasIncludes ? 'warning' : 'error');
