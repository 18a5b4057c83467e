import { EeError } from '../errors.js';
import { domainKeys, storedKey } from './key-store.js';
import type { DomainKey } from './ledger/domain-keys.js';
import { REVOKED_RECORD } from './record.js';

/** What DNS must have of a key, by its state. */
export interface KeyPublication {
  readonly domain: string;
  readonly selector: string;
  /** The TXT value as one string. */
  readonly record: string;
}

/** A key of which nobody can say what DNS must have, or a whole domain where no selector is known. */
export interface UnreadKey {
  readonly domain: string;
  readonly selector: string | undefined;
  readonly error: EeError;
}

/** What DNS must have of the keys of some domains. */
export interface Publications {
  /** Those that will sign, the one that does and those that did; the revoked ones as such. */
  readonly keys: readonly KeyPublication[];
  /** Selectors that are out of use: DNS must not have them any more. */
  readonly removed: readonly { readonly domain: string; readonly selector: string }[];
  /** What could not be read, and why: it concerns its own domain alone. */
  readonly unread: readonly UnreadKey[];
}

type Domains = readonly { readonly domain: string }[];

/** Reads what DNS must have of all keys of the domains. Throws DKIM_KEY_MISSING only where none of the domains has any key. */
export async function publications(secretsDir: string, identities: Domains): Promise<Publications> {
  const all = await Promise.all(identities.map(({ domain }) => ofDomain(secretsDir, domain)));
  const unread = all.flatMap((one) => one.unread);
  if (all.every((one) => one.unread.some(isMissing))) throw missingKeys(secretsDir, unread);
  return { keys: all.flatMap(({ keys }) => keys), removed: all.flatMap(({ removed }) => removed), unread };
}

/** The same where one key that cannot be read is one too many: throws the error of the first, or one for all domains without a key. */
export async function wholePublications(secretsDir: string, identities: Domains): Promise<readonly KeyPublication[]> {
  const { keys, unread } = await publications(secretsDir, identities);
  const other = unread.find((one) => !isMissing(one));
  if (other) throw other.error;
  if (unread.length > 0) throw missingKeys(secretsDir, unread);
  return keys;
}

const isMissing = ({ error }: UnreadKey): boolean => error.code === 'DKIM_KEY_MISSING';

function missingKeys(folder: string, unread: readonly UnreadKey[]): EeError {
  return new EeError('DKIM_KEY_MISSING', { domains: unread.map(({ domain }) => domain), folder });
}

async function ofDomain(secretsDir: string, domain: string): Promise<Publications> {
  const read = await domainKeys(secretsDir, domain).catch(expected);
  if (read instanceof EeError) return unreadDomain(domain, read);
  if (read === undefined)
    return unreadDomain(domain, new EeError('DKIM_KEY_MISSING', { domains: [domain], folder: secretsDir }));
  const inUse = read.keys.filter(({ state }) => state !== 'removed');
  const each = await Promise.all(inUse.map((key) => publication(secretsDir, domain, key)));
  return {
    keys: each.filter((one) => 'record' in one),
    removed: read.keys.flatMap(({ selector, state }) => (state === 'removed' ? [{ domain, selector }] : [])),
    unread: each.filter((one) => 'error' in one),
  };
}

const unreadDomain = (domain: string, error: EeError): Publications => ({
  ...{ keys: [], removed: [] },
  unread: [{ domain, selector: undefined, error }],
});

async function publication(secretsDir: string, domain: string, key: DomainKey): Promise<KeyPublication | UnreadKey> {
  const { selector, state } = key;
  if (state === 'revoked') return { domain, selector, record: REVOKED_RECORD };
  const stored = await storedKey(secretsDir, domain, key).catch(expected);
  if (stored instanceof EeError) return { domain, selector, error: stored };
  return { domain, selector, record: stored.record };
}

/** What an operator can do something about; anything else is a bug, and goes on. */
function expected(error: unknown): EeError {
  if (error instanceof EeError) return error;
  throw error;
}
