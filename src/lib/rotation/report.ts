import type { DomainKey } from '../dkim/ledger/domain-keys.js';
import type { DomainOutcome } from './domain-rotation.js';
import type { RecordAction } from './records.js';
import { describeWait } from './sentences.js';

/** A domain's part of the result: what was done, what is waited for, and what to do in DNS. */
export interface DomainReport {
  readonly outcome: DomainOutcome;
  readonly records: readonly RecordAction[];
}

/** For people. */
export function reportLines(reports: readonly DomainReport[]): string[] {
  return [...reports.flatMap(domainLines), ...recordLines(reports.flatMap(({ records }) => records))];
}

/** For scripts. */
export function reportDocument(reports: readonly DomainReport[]): Record<string, unknown>[] {
  return reports.map(({ outcome: { domain, keys, steps, waits, failure }, records }) => ({
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
  }));
}

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

function domainLines({ outcome: { domain, keys, steps, waits, failure } }: DomainReport): string[] {
  return [
    `${domain} signs with ${keys.active.selector}.`,
    ...steps.map((step) => `  - ${step}`),
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
