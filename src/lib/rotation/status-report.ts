import { OVERDUE_AFTER, DUE_AFTER } from '../dkim/key-age.js';
import type { DomainKey } from '../dkim/ledger/domain-keys.js';
import type { Look } from '../dkim/rotation/look.js';
import type { Step } from '../dkim/rotation/steps.js';
import { keyDocument } from './report.js';
import { describeStep, describeWait, minute } from './sentences.js';
import type { KeyStatus } from './status.js';

/** For people: a paragraph a domain. */
export function statusLines(statuses: readonly KeyStatus[]): string[] {
  return statuses.flatMap(({ keys: { domain, keys }, age, days, steps, looks, problems }) => [
    `${domain}`,
    ...keys
      .filter(({ state }) => state !== 'removed')
      .map(
        (key) =>
          `  ${key.selector.padEnd(12)} ${describe(key, days)}${AGES[age][key.state === 'active' ? 1 : 0]}${published(key, looks.get(key.selector))}`,
      ),
    ...problems.map((problem) => `  ! ${problem}`),
    ...steps.map((step) => `  … ${next(step, looks.size > 0)}`),
    ...steps.flatMap((step) => (step.do === 'wait' ? step.reasons.map((reason) => `      ${reason}`) : [])),
  ]);
}

/** For scripts. */
export function statusDocument(statuses: readonly KeyStatus[]): Record<string, unknown>[] {
  return statuses.map(({ keys, age, days, steps, looks, problems }) => ({
    domain: keys.domain,
    active: keys.active.selector,
    age,
    days,
    keys: keys.keys.map((key) => ({ ...keyDocument(key), dns: looks.get(key.selector)?.everywhere.kind ?? null })),
    problems,
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

/** What the name servers and resolvers say of a key that signs or signed; of the others it is among what is next. */
function published({ state }: DomainKey, look: Look | undefined): string {
  if (!look || (state !== 'active' && state !== 'retiring')) return '';
  const { everywhere: verdict } = look;
  if (verdict.kind === 'right') return ', DNS has it';
  return verdict.kind === 'unknown' ? `, DNS does not tell (${verdict.reasons.join('; ')})` : ', not in DNS';
}

/** Without a look at DNS a key that waits for it is the affair of the next rotation. */
function next(step: Step, looked: boolean): string {
  if (step.do !== 'wait') return `next: ${describeStep(step, 'of today')}`;
  if (step.for === 'answers' && !looked) return `${step.selector} goes on with \`ee dkim rotate\`, which asks DNS`;
  return describeWait(step);
}
