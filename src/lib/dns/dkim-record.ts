import { recordName } from '../dkim-selector.js';
import { txt, type RecordOf } from './records.js';

/** What DNS must have of a DKIM key. */
export interface DkimPublication {
  readonly domain: string;
  readonly selector: string;
  /** The TXT value as one string. Its tag p is empty where the key is revoked. */
  readonly record: string;
}

/** What a list of records says in the place of one that is not known. */
export const missingHere = (key: UnreadDkim): string =>
  `The TXT record of ${unreadName(key)} is missing here: its key could not be read.`;

/**
 * What is to be said of a key that DNS has as revoked, while the ledger here wants it. There is no record to paste: who revoked it knew
 * why, and the ledger may be older than what was done, as one from a restored backup is.
 */
export function revokedThere(domain: string): string {
  return (
    'the key was revoked, and a revoked key is never put back. SECRETS_DIR here may be older than what VPS2 signs with: bring its ' +
    `newest copy, or have \`ee dkim recover\` bring the key from VPS2; where neither helps, \`ee dkim rotate --domain ${domain}\` makes a new one.`
  );
}

/** Whether a TXT value is that of a revoked key: its tag p is there and empty (RFC 6376 §3.6.1). */
export const isRevokedValue = (value: string): boolean => /(^|;)\s*p\s*=\s*(;|$)/.test(value);

/** A key that could not be read: what DNS must have of it is not known. */
export interface UnreadDkim {
  readonly domain: string;
  /** undefined: of the whole domain nothing is known. */
  readonly selector: string | undefined;
  /** Why, as sentences that also say what to do. */
  readonly reason: string;
}

/** The name of the record that is not known, or that under which all of the domain's keys are. */
export function unreadName({ domain, selector }: UnreadDkim): string {
  return selector === undefined ? `_domainkey.${domain}` : recordName(selector, domain);
}

export function dkimRecord({ domain, selector, record }: DkimPublication): RecordOf<'TXT'> {
  const purpose = isRevokedValue(record) ? 'DKIM key, revoked' : 'DKIM public key';
  return txt(recordName(selector, domain), record, purpose);
}
