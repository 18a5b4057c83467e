import { revokedThere } from '../dkim-record.js';
import { abridged, type Said } from './judge.js';
import type { Finding, Fix } from './result.js';

/** A key that DNS must hold, or must hold as given up. */
export interface ExpectedKey {
  readonly domain: string;
  readonly selector: string;
  /** The TXT value as one string; with an empty `p=` for a revoked key. */
  readonly record: string;
  readonly revoked: boolean;
}

/** What a strict reader makes of the TXT records of a selector. */
export type KeyReading =
  /** `record` is the value as it would be written anew, so that two that are the same key are the same text. */
  | { readonly kind: 'key'; readonly record: string; readonly testing: boolean }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'several'; readonly count: number }
  | { readonly kind: 'malformed'; readonly reason: string };

/** Reads the TXT records of a selector, each joined to one text. */
export type ReadKey = (values: readonly string[]) => KeyReading;

/** The record of one key. */
export function judgeDkim(
  { domain, record, revoked }: ExpectedKey,
  { name, fix, read }: { readonly name: string; readonly fix: Fix | undefined; readonly read: ReadKey },
  { values }: Said<string>,
): readonly Finding[] {
  const reading = read(values);
  switch (reading.kind) {
    case 'missing':
      return [{ code: 'dkim-missing', message: `${name} has no TXT record.`, fix }];
    case 'several':
      return [
        { code: 'dkim-several', message: `${name} has ${reading.count} TXT records: one may stay, this one.`, fix },
      ];
    case 'revoked':
      if (revoked) return [];
      return [{ code: 'dkim-revoked', message: `${name} has an empty p=: ${revokedThere(domain)}` }];
    case 'malformed':
      return [malformed(values[0] ?? '', record, reading.reason, name, fix)];
    case 'key':
      if (revoked)
        return [
          { code: 'dkim-not-revoked', message: `${name} still holds a key that is given up; p= must be empty.`, fix },
        ];
      return judgePublicHalf(reading, record, name, fix);
  }
}

function judgePublicHalf(
  reading: Extract<KeyReading, { kind: 'key' }>,
  record: string,
  name: string,
  fix: Fix | undefined,
): Finding[] {
  if (reading.record !== record)
    return [
      {
        code: 'dkim-other-key',
        message: `${name} holds another key than the one here: ${abridged(reading.record)}. If VPS2 signs with that one, do not publish this: bring back your copy of SECRETS_DIR, or see \`ee dkim recover\`.`,
        fix,
      },
    ];
  if (reading.testing) return [{ code: 'dkim-testing', message: `${name} has t=y: remove it.`, fix }];
  return [];
}

function malformed(text: string, record: string, reason: string, name: string, fix: Fix | undefined): Finding {
  if (text.includes('"'))
    return { code: 'dkim-quotes', message: `${name} has quotes inside of its value: enter it without them.`, fix };
  if (record.startsWith(text)) {
    const message = `${name} ends after ${text.length} of ${record.length} characters: split it into strings of at most 255.`;
    return { code: 'dkim-cut', message, fix };
  }
  return { code: 'dkim-invalid', message: `${name} holds no usable key: ${reason}.`, fix };
}
