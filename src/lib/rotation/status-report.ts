import { OVERDUE_AFTER, DUE_AFTER } from '../dkim/key-age.js';
import type { DomainKey } from '../dkim/ledger/domain-keys.js';
import type { Step } from '../dkim/rotation/steps.js';
import { keyDocument } from './report.js';
import { describeStep, describeWait, minute } from './sentences.js';
import type { KeyStatus } from './status.js';

/** For people: a paragraph a domain. */
export function statusLines(statuses: readonly KeyStatus[]): string[] {
  return statuses.flatMap(({ keys: { domain, keys }, age, days, steps, looks }) => [
    `${domain}`,
    ...keys
      .filter(({ state }) => state !== 'removed')
      .map((key) => `  ${key.selector.padEnd(12)} ${describe(key, days)}${AGES[age][key.state === 'active' ? 1 : 0]}`),
    ...steps.map((step) => `  … ${next(step, looks.size > 0)}`),
    ...steps.flatMap((step) => (step.do === 'wait' ? step.reasons.map((reason) => `      ${reason}`) : [])),
  ]);
}

/** For scripts. */
export function statusDocument(statuses: readonly KeyStatus[]): Record<string, unknown>[] {
  return statuses.map(({ keys, age, days, steps }) => ({
    domain: keys.domain,
    active: keys.active.selector,
    age,
    days,
    keys: keys.keys.map(keyDocument),
    next: steps.map((step) =>
      step.do === 'wait'
        ? { do: 'wait', selector: step.selector, for: step.for, until: step.until?.toISOString() ?? null }
        : step,
    ),
  }));
}

const AGES = {
  fresh: ['', ''],
  due: ['', `: due, since it is older than ${DUE_AFTER} days`],
  overdue: ['', `: overdue, since it is older than ${OVERDUE_AFTER} days`],
} as const;

function describe({ state, since, compromised, setback }: DomainKey, days: number): string {
  const when = state === 'active' ? `, ${days} days old` : ` since ${minute(since)}`;
  return [
    `${state}${when}`,
    ...(compromised ? ['known to others'] : []),
    ...(setback === undefined ? [] : [`set back: ${setback}`]),
  ].join(', ');
}

/** Without a look at DNS a key that waits for it is the affair of the next rotation. */
function next(step: Step, looked: boolean): string {
  if (step.do !== 'wait') return `next: ${describeStep(step, 'of today')}`;
  if (step.for === 'answers' && !looked) return `${step.selector} goes on with \`ee dkim rotate\`, which asks DNS`;
  return describeWait(step);
}
