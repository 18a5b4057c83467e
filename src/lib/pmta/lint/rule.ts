import type { Catalogue } from '../catalogue.js';
import type { Line, Word } from '../document.js';
import type { Severity } from '../problem.js';
import type { Survey } from '../survey.js';
import type { HostFacts } from './host-facts.js';

/** The versions of PowerMTA whose rules are known, the oldest first. Of 6.x it is only known that it takes the grammar of 5.0. */
export const TARGETS = ['4.5', '5.0', '6.0'] as const;
export type Target = (typeof TARGETS)[number];

/** What a rule rests on. What is `unproven` is never more than a warning. */
export type Evidence = 'guide' | 'release notes' | 'configurations in use' | 'unproven';

/** A replacement of bytes within one line, or with `before` whole lines (without their ends) put above it. */
export interface Edit {
  readonly line: Line;
  /** From this column, counted from 1, … */
  readonly column: number;
  /** … to before this one. */
  readonly endColumn: number;
  readonly text: string;
  readonly before?: readonly string[];
}

/** What a rule reports. Its severity is the rule's, unless the evidence for this case is weaker or stronger. */
export interface Finding {
  /** `undefined`: the configuration as a whole. */
  readonly line: Line | undefined;
  readonly column: number;
  /** The column after the last one of the part that is meant. */
  readonly endColumn: number;
  readonly message: string;
  readonly severity?: Severity;
  /** What repairs this case, where that is certain. */
  readonly edits?: readonly Edit[];
}

/** What a rule may know beside the configuration itself. */
export interface LintContext {
  readonly catalogue: Catalogue;
  readonly target: Target;
  /** What is known of the host that the configuration is for; rules about it are silent without. */
  readonly host: HostFacts | undefined;
}

/** One rule: what it is called, how much it matters, why, what to do, what it rests on, and how it is found. */
export interface Rule {
  readonly code: string;
  readonly severity: Severity;
  readonly why: string;
  readonly fix: string;
  readonly evidence: Evidence;
  /** The versions that it is about; all where not set. */
  readonly targets?: readonly Target[];
  /** Whether it can say anything at all here; a rule about the host cannot without a host. */
  readonly applies?: (survey: Survey, context: LintContext) => boolean;
  /** What `--fix` does about it, where it is safe to do. */
  readonly autofix?: string;
  readonly check: (survey: Survey, context: LintContext) => Iterable<Finding>;
}

export function at(line: Line, word: Word, message: string, more: Pick<Finding, 'severity' | 'edits'> = {}): Finding {
  // The value of a macro over several lines is longer than its first line.
  const endColumn = Math.max(word.column, Math.min(word.column + word.text.length, line.text.length + 1));
  return { line, column: word.column, endColumn, message, ...more };
}

/** A finding about what is nowhere in the configuration. */
export const nowhere = (message: string, severity?: Severity): Finding => ({
  line: undefined,
  column: 1,
  endColumn: 1,
  message,
  ...(severity && { severity }),
});

/** What is missing here may stand in an included file that was not read: then it is only a warning. */
export const unlessIncluded = ({ hasIncludes }: Survey): { severity: Severity } => ({
  severity: hasIncludes ? 'warning' : 'error',
});
