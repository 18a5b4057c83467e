import { publications } from '../dkim/key-store.js';
import { REVOKED_RECORD, readPublished, recordValue } from '../dkim/record.js';
import type { ExpectedKey, ReadKey } from '../dns/check/dkim.js';
import type { Blocklists } from '../dns/check/list-checks.js';
import type { CheckSubject } from '../dns/check/plan.js';
import { recordSet } from '../dns/record-set.js';
import { EeError } from '../errors.js';
import type { Settings } from '../settings/settings.js';

/** What DNS must say by the settings and the keys on this machine. Throws DKIM_KEY_MISSING for domains without a key. */
export async function dnsSubject(settings: Settings, wanted: { readonly blocklists: boolean }): Promise<CheckSubject> {
  const keys = await expectedKeys(settings);
  return {
    ...{ settings, keys, readKey, records: recordSet(settings, keys) },
    ...(wanted.blocklists && { blocklists: blocklistsOf(settings) }),
  };
}

/** Every key that DNS must hold, also those before their turn and after it; the revoked ones as such. */
async function expectedKeys({ secretsDir, sending }: Settings): Promise<ExpectedKey[]> {
  const keys = await publications(secretsDir, sending.identities);
  return keys.map((key) => ({ ...key, revoked: key.record === REVOKED_RECORD }));
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
