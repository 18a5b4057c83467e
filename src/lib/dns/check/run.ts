import { KINDS, PROBLEMS, VERDICTS, severityOf, type Severity, type Verdict } from './codes.js';
import type { Check, CheckResult, Finding, Look, Looking } from './result.js';

/** All results: one of each check that is right, and one for each thing that is not. */
export interface CheckReport {
  readonly checks: readonly CheckResult[];
  readonly totals: Totals;
}

/** How many checks there are of each verdict: each counts once, by the gravest thing that it found. */
export interface Totals extends Readonly<Record<Verdict, number>> {
  /** All of them: the sum of the four verdicts. */
  readonly checks: number;
  /** Those with something that is required and not ok: they make the report a bad one. */
  readonly failed: number;
}

export interface RunOptions {
  /** Opens DNS for one look; each has answers of its own. `again` is a look at what was not right before. */
  readonly look: (again: boolean) => Looking;
  /** Waits between two looks. */
  readonly pause: () => Promise<void>;
}

/** Looks at what is not right again, this often, before it is reported. */
const MORE_LOOKS = 2;

/**
 * Runs all checks at once; the questions are limited where they are asked. What is not right is looked at again, since an answer that
 * comes and goes is no reason for an alarm: right at the last looks is right, the same at all looks is reported, and anything else
 * could not be determined.
 */
export async function runChecks(checks: readonly Check[], { look, pause }: RunOptions): Promise<CheckReport> {
  const first = look(false);
  const looks = new Map<Check, Look[]>();
  await Promise.all(checks.map(async (check) => looks.set(check, [await check.look(first)])));
  for (let more = 0; more < MORE_LOOKS; more++) {
    const doubtful = checks.filter((check) => looks.get(check)?.[0]?.findings.length !== 0);
    if (doubtful.length === 0) break;
    await pause();
    const again = look(true);
    await Promise.all(doubtful.map(async (check) => looks.get(check)?.push(await check.look(again))));
  }
  return reportOf(checks.map((check) => resultsOf(check, looks.get(check) ?? [])));
}

/** What all looks at one thing come to. */
export function resultsOf(check: Check, looks: readonly Look[]): CheckResult[] {
  const last = looks.at(-1) ?? { findings: [], seen: [] };
  const later = looks.slice(1);
  if (looks.length === 1 ? last.findings.length === 0 : later.every(({ findings }) => findings.length === 0))
    return [right(check, last)];
  const steady = last.findings.filter((finding) => looks.every(({ findings }) => findings.some(sameCode(finding))));
  if (steady.length > 0) return steady.map((finding) => problem(check, last, finding));
  const seen = looks.map(({ findings }) => findings.map(({ code }) => code).join('+') || 'right');
  const message = `The ${check.type} record of ${check.name} changes from look to look: ${seen.join(', then ')}.`;
  return [problem(check, last, { code: 'unsteady', message })];
}

const sameCode =
  ({ code }: Finding) =>
  (other: Finding): boolean =>
    other.code === code;

type About = Pick<CheckResult, 'kind' | 'host' | 'name' | 'type'>;
const about = ({ kind, host, name, type }: Check): About => ({ kind, host, name, type });

function right(check: Check, { seen }: Look): CheckResult {
  const severity: Severity = KINDS[check.kind].severity;
  return { code: check.kind, ...about(check), severity, verdict: 'ok', message: `${check.right}.`, seen };
}

function problem(check: Check, { seen }: Look, { code, message, fix, cause }: Finding): CheckResult {
  const severity = severityOf(check.kind, code);
  const { verdict } = PROBLEMS[code];
  return {
    code,
    ...about(check),
    severity,
    verdict,
    message,
    ...(fix && { fix }),
    ...(cause !== undefined && { cause }),
    seen,
  };
}

function reportOf(results: readonly (readonly CheckResult[])[]): CheckReport {
  const verdicts = results.map(gravest);
  const count = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
  const fails = ({ severity, verdict }: CheckResult): boolean => severity === 'required' && verdict !== 'ok';
  return {
    checks: results.flat(),
    totals: {
      checks: results.length,
      ...{ ok: count('ok'), wrong: count('wrong'), missing: count('missing'), undetermined: count('undetermined') },
      failed: results.filter((some) => some.some(fails)).length,
    },
  };
}

/** VERDICTS begins with the gravest. */
function gravest(results: readonly CheckResult[]): Verdict {
  return VERDICTS.find((verdict) => results.some((one) => one.verdict === verdict)) ?? 'ok';
}

/** Whether the report is a good one. That nothing was checked is not. */
export function isSound({ totals }: CheckReport): boolean {
  return totals.checks > 0 && totals.failed === 0;
}
