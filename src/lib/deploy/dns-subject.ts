import { publications } from '../dkim/publications.js';
import { REVOKED_RECORD, readPublished, recordValue } from '../dkim/record.js';
import type { ExpectedKey, ReadKey } from '../dns/check/dkim.js';
import type { Blocklists } from '../dns/check/list-checks.js';
import type { CheckSubject } from '../dns/check/plan.js';
import { recordSet } from '../dns/record-set.js';
import type { DkimPublication, UnreadDkim } from '../dns/dkim-record.js';
import { EeError } from '../errors.js';
import type { Settings } from '../settings/settings.js';

/**
 * What DNS must say by the settings and the keys on this machine. A key that cannot be read concerns its own domain alone; throws
 * DKIM_KEY_MISSING where there is no key at all.
 */
export async function dnsSubject(settings: Settings, wanted: { readonly blocklists: boolean }): Promise<CheckSubject> {
  const { keys, unread } = await dkimSubject(settings);
  const expected = keys.map((key): ExpectedKey => ({ ...key, revoked: key.record === REVOKED_RECORD }));
  return {
    ...{ settings, keys: expected, unread, readKey, records: recordSet(settings, keys, unread) },
    ...(wanted.blocklists && { blocklists: blocklistsOf(settings) }),
  };
}

/** What the room of DNS needs to know of the keys. */
export interface DkimSubject {
  /** Every key that DNS must hold, also those before their turn and after it; the revoked ones as such. */
  readonly keys: readonly DkimPublication[];
  /** Selectors that are out of use. */
  readonly removed: readonly { readonly domain: string; readonly selector: string }[];
  readonly unread: readonly UnreadDkim[];
}

/** Reads all keys of the settings' domains. Throws DKIM_KEY_MISSING where there is none at all. */
export async function dkimSubject({ secretsDir, sending }: Settings): Promise<DkimSubject> {
  const { keys, removed, unread } = await publications(secretsDir, sending.identities);
  const reasons = unread.map(({ error, ...of }) => ({ ...of, reason: `${error.message} ${error.hint}` }));
  return { keys, removed, unread: reasons };
}

/** The strict reader of DKIM, in the form in which two values of the same key are the same text. */
const readKey: ReadKey = (values) => {
  const published = readPublished(values.map((value) => [value]));
  if (published.kind !== 'key') return published;
  return { kind: 'key', record: recordValue(published.publicKey), testing: published.testing };
};

function blocklistsOf({ dns }: Settings): Blocklists {
  if (dns.ipBlocklists.length + dns.nameBlocklists.length === 0) {
    throw new EeError('USAGE', {
      message: '--blocklists has no list to ask: IP_BLOCKLISTS and NAME_BLOCKLISTS are both none.',
      hint: 'Name a list in the settings, or leave --blocklists out.',
    });
  }
  return { addresses: dns.ipBlocklists, names: dns.nameBlocklists };
}
