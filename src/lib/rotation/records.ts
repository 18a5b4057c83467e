import { storedKey } from '../dkim/key-store.js';
import { isPending } from '../dkim/ledger/domain-keys.js';
import { REVOKED_RECORD } from '../dkim/record.js';
import { recordName } from '../dkim-selector.js';
import { dkimRecord } from '../dns/dkim-record.js';
import { zoneLine } from '../dns/formats/zone-line.js';
import { split } from '../dns/character-strings.js';
import type { DomainOutcome } from './domain-rotation.js';

/** What the operator does at the DNS host. */
export interface RecordAction {
  readonly action: 'publish' | 'revoke' | 'delete';
  readonly type: 'TXT';
  readonly name: string;
  /** Nothing of the rest for a name to delete. Seconds. */
  readonly ttl?: number;
  /** The value as one string, as panels of DNS hosts take it. */
  readonly value?: string;
  /** The same in strings of at most 255 octets. */
  readonly strings?: readonly string[];
  /** The same as a line of a zone file. */
  readonly line?: string;
}

/** What is to be published for a domain, to be replaced by its revocation, or deleted; nothing that DNS has already. */
export async function recordActions(secretsDir: string, outcome: DomainOutcome): Promise<RecordAction[]> {
  const { domain, keys, looks, removed } = outcome;
  const actions: RecordAction[] = [];
  for (const key of keys.keys) {
    const { selector, state } = key;
    if (isPending(key) && looks.get(selector)?.authoritative.kind !== 'right') {
      const { record } = await storedKey(secretsDir, domain, key);
      actions.push(action('publish', domain, selector, record));
    }
    if (state === 'revoked' && looks.get(selector)?.withdrawn.kind !== 'right')
      actions.push(action('revoke', domain, selector, REVOKED_RECORD));
  }
  return [
    ...actions,
    ...removed.map((selector): RecordAction => ({
      action: 'delete',
      type: 'TXT',
      name: recordName(selector, domain),
    })),
  ];
}

function action(what: 'publish' | 'revoke', domain: string, selector: string, value: string): RecordAction {
  const record = dkimRecord({ domain, selector, record: value });
  const { type, name, ttl } = record;
  return { action: what, type, name, ttl, value, strings: split(value), line: zoneLine(record) };
}
