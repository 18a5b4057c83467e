import { printableName } from '../../printable.js';
import type { CheckReport } from './run.js';
import type { CheckResult } from './result.js';
import { SEVERITIES, VERDICTS } from './codes.js';

/**
 * The report for people: what is wrong first, host by host, each with the record that repairs it; what could not be determined by its
 * cause, since one name server that is down makes many; then what is right, in short, or with `verbose` line by line.
 */
export function presentChecks(report: CheckReport, { verbose }: { readonly verbose: boolean }): string[] {
  const bad = report.checks.filter(({ verdict }) => verdict === 'wrong' || verdict === 'missing');
  const doubtful = report.checks.filter(({ verdict }) => verdict === 'undetermined');
  const good = report.checks.filter(({ verdict }) => verdict === 'ok');
  return [
    ...section(byHost(bad).flatMap(([host, results]) => [host, ...results.flatMap(problemLines)])),
    ...section(doubtful.length === 0 ? [] : ['Could not be determined', ...doubtLines(doubtful)]),
    ...(verbose
      ? section(byHost(good).flatMap(([host, results]) => [host, ...results.flatMap(goodLines)]))
      : section(good.length === 0 ? [] : ['Right', ...shortLines(good, [...bad, ...doubtful])])),
    summary(report),
  ].map(printableName);
}

const section = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : [...lines, '']);

/** Results by their host, in the order in which hosts appear; of each host the gravest first. */
function byHost(results: readonly CheckResult[]): [string, CheckResult[]][] {
  const groups = grouped(results, ({ host }) => host);
  const gravity = ({ severity, verdict }: CheckResult): number =>
    SEVERITIES.indexOf(severity) * VERDICTS.length + VERDICTS.indexOf(verdict);
  return [...groups].map(([host, some]) => [host, some.sort((one, other) => gravity(one) - gravity(other))]);
}

function problemLines({ severity, verdict, message, code, fix }: CheckResult): string[] {
  const grade = severity === 'required' ? '' : `, ${severity}`;
  return [
    `  ${verdict}${grade}: ${message} [${code}]`,
    ...(fix ? [`    ${fix.line}`, ...(fix.line.includes(fix.value) ? [] : [`    as one value: ${fix.value}`])] : []),
  ];
}

function goodLines({ message, code, seen }: CheckResult): string[] {
  return [`  ok: ${message} [${code}]`, `    as ${seen.map(({ server }) => server).join(', ')} say`];
}

function doubtLines(results: readonly CheckResult[]): string[] {
  const groups = grouped(results, ({ cause, message }) => cause ?? message);
  return [...groups].map(([cause, some]) => {
    const [first] = some;
    if (some.length === 1 && first) return `  ${first.message} [${first.code}]`;
    const names = [...new Set(some.map(({ name }) => name))];
    const few = names.slice(0, 3).join(', ');
    const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return `  ${cause}: ${counted(some.length)}, of ${few}${more} [${[...new Set(some.map(({ code }) => code))].join(', ')}]`;
  });
}

/** The kinds that are right, host by host; where another check of the kind is not, also the name that is. */
function shortLines(right: readonly CheckResult[], others: readonly CheckResult[]): string[] {
  const label = ({ kind, host, type, name }: CheckResult): string =>
    others.some((other) => other.host === host && other.kind === kind) ? `${kind} (${type} ${name})` : kind;
  return byHost(right).map(([host, some]) => `  ${host}: ${[...new Set(some.map(label))].join(', ')}`);
}

/** Checks are counted, each once: the parts add up to the first number. */
function summary({ totals }: CheckReport): string {
  if (totals.checks === 0) return 'Nothing was checked.';
  const found = VERDICTS.filter((verdict) => verdict !== 'ok' && totals[verdict] > 0);
  const parts = [`${totals.ok} right`, ...found.map((verdict) => `${totals[verdict]} ${verdict}`)];
  return `${counted(totals.checks)}: ${parts.join(', ')}. ${failing(totals.failed)}`;
}

const counted = (checks: number): string => (checks === 1 ? '1 check' : `${checks} checks`);

function failing(failed: number): string {
  if (failed === 0) return 'Nothing that is required fails.';
  return failed === 1 ? '1 that is required fails.' : `${failed} that are required fail.`;
}

function grouped<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
