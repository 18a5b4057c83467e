import type { Catalogue } from './catalogue.js';
import { singleFile, type Configuration, type ConfigurationFile } from './configuration.js';
import type { Document } from './document.js';
import type { HostFacts } from './lint/host-facts.js';
import { RULES, ruleOf } from './lint/registry.js';
import type { Edit, Rule, Target } from './lint/rule.js';
import { Suppressions, type Found } from './lint/suppress.js';
import { SEVERITIES, type Problem } from './problem.js';
import { survey } from './survey.js';

/** What is checked beside the configuration: for which version, and for which host. */
export interface LintOptions {
  readonly target?: Target;
  readonly host?: HostFacts;
}

/** What was found in one file of a configuration, in the order of the file. */
export interface FileReport {
  readonly file: ConfigurationFile;
  readonly problems: readonly Problem[];
  /** What `--fix` may change: the edits of each problem that has some, on lines that no comment speaks of. */
  readonly fixes: readonly { readonly problem: Problem; readonly edits: readonly Edit[] }[];
}

/** The version that is meant where none is named: the one whose guide the rules are from. */
const DEFAULT_TARGET: Target = '5.0';

/** What is wrong with a configuration of one file, in its order. `pmta test config` on the host has the last word. */
export function lint(document: Document, catalogue: Catalogue, options: LintOptions = {}): Problem[] {
  return lintConfiguration(singleFile(document), catalogue, options).flatMap(({ problems }) => problems);
}

/** What is wrong with a configuration and the files that it includes, file by file. */
export function lintConfiguration(
  configuration: Configuration,
  catalogue: Catalogue,
  { target = DEFAULT_TARGET, host }: LintOptions = {},
): FileReport[] {
  const surveyed = survey(configuration);
  const context = { catalogue, target, host };
  const running = RULES.filter(
    ({ targets, applies }) => (targets?.includes(target) ?? true) && (applies?.(surveyed, context) ?? true),
  );
  const byFile = new Map<ConfigurationFile, Found[]>(configuration.files.map((file) => [file, []]));
  for (const rule of running) {
    for (const finding of rule.check(surveyed, context)) {
      const file = finding.line ? surveyed.fileOf(finding.line) : configuration.files[0];
      byFile.get(file)?.push({ ...finding, code: rule.code });
    }
  }
  const ran = new Set(running.map(({ code }) => code));
  return [...byFile].map(([file, found]) => reportOf(file, found, ran));
}

const KNOWN: ReadonlySet<string> = new Set(RULES.map(({ code }) => code));

function reportOf(file: ConfigurationFile, found: readonly Found[], ran: ReadonlySet<string>): FileReport {
  const suppressions = new Suppressions(file.document);
  const open = found.filter((finding) => !suppressions.covers(finding));
  const fixes: { problem: Problem; edits: readonly Edit[] }[] = [];
  const seen = new Set<string>();
  const problems = [...open, ...suppressions.leftover(KNOWN, ran)].flatMap((finding) => {
    const edits = finding.edits?.some(({ line }) => suppressions.speaksOf(line)) ? undefined : finding.edits;
    const problem = problemOf(finding, ruleOf(finding.code), edits !== undefined);
    // A file that is included twice is checked twice; what is the same both times is said once.
    const key = `${problem.line}:${problem.column} ${problem.code} ${problem.message}`;
    if (seen.has(key)) return [];
    seen.add(key);
    if (edits) fixes.push({ problem, edits });
    return [problem];
  });
  return { file, problems: problems.sort(inFileOrder), fixes };
}

function problemOf({ line, column, endColumn, message, severity, code }: Found, rule: Rule, fixable: boolean): Problem {
  return {
    line: line?.number ?? 1,
    column,
    endColumn,
    severity: severity ?? rule.severity,
    code,
    message,
    fix: rule.fix,
    fixable,
  };
}

function inFileOrder(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column || SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
}
