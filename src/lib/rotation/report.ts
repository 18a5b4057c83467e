import type { DomainKey } from '../dkim/ledger/domain-keys.js';
import type { FailedDomain } from './alone.js';
import type { DomainOutcome } from './domain-rotation.js';
import type { RecordAction } from './records.js';
import { describeWait } from './sentences.js';

/** A domain's part of the result: what was done, what is waited for, and what to do in DNS. */
export interface DomainReport {
  readonly outcome: DomainOutcome;
  readonly records: readonly RecordAction[];
}

/** For people. What was done has been told while it was; `intended` shows what would be. */
export function reportLines(
  reports: readonly DomainReport[],
  failed: readonly FailedDomain[],
  intended: boolean,
): string[] {
  return [
    ...reports.flatMap((report) => domainLines(report, intended)),
    ...failed.flatMap(failedLines),
    ...recordLines(reports.flatMap(({ records }) => records)),
  ];
}

/** For scripts. */
export function reportDocument(reports: readonly DomainReport[]): Record<string, unknown>[] {
  return reports.map(({ outcome: { domain, keys, steps, waits, failure, doubts }, records }) => ({
    domain,
    active: keys.active.selector,
    keys: keys.keys.map(keyDocument),
    steps,
    waits: waits.map(({ selector, for: what, until, reasons }) => ({
      selector,
      for: what,
      until: until?.toISOString() ?? null,
      reasons,
    })),
    records,
    failure: failure ?? null,
    doubts,
  }));
}

/** Domains that were left out, for scripts. */
export function failedDocument(failed: readonly FailedDomain[]): Record<string, unknown>[] {
  return failed.map(({ domain, error: { code, message, hint } }) => ({ domain, code, message, hint }));
}

/** Why a domain was left out, and what to do about it. */
export const failedLines = ({ domain, error: { message, hint } }: FailedDomain): string[] => [
  `${domain} was left out.`,
  ...message.split('\n').map((line) => `  ! ${line}`),
  `    ${hint}`,
];

export function keyDocument({
  selector,
  state,
  since,
  made,
  fingerprint,
  compromised,
}: DomainKey): Record<string, unknown> {
  return { selector, state, since: since.toISOString(), made: made.toISOString(), fingerprint, compromised };
}

function domainLines(
  { outcome: { domain, keys, steps, waits, failure, doubts } }: DomainReport,
  intended: boolean,
): string[] {
  return [
    `${domain} signs with ${keys.active.selector}.`,
    ...(intended ? steps.map((step) => `  - ${step}`) : []),
    ...doubts.map((doubt) => `  ! ${doubt}`),
    ...(failure === undefined ? [] : [`  ! the new key did not come into force: ${failure}`]),
    ...waits.flatMap((wait) => [`  … ${describeWait(wait)}`, ...wait.reasons.map((reason) => `      ${reason}`)]),
  ];
}

const TITLES = {
  publish: 'Publish these records:',
  revoke: 'Put these in the place of what is there, so that the keys are revoked:',
  delete: 'Delete these:',
} as const;

function recordLines(records: readonly RecordAction[]): string[] {
  return (['publish', 'revoke', 'delete'] as const).flatMap((what) => {
    const lines = records.filter(({ action }) => action === what).map(({ line, name }) => line ?? `${name}. TXT`);
    return lines.length === 0 ? [] : ['', TITLES[what], ...lines];
  });
}
