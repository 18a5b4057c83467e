import { isLoss, storedKey } from '../dkim/key-store.js';
import { isPending, pendingKey, type DomainKey } from '../dkim/ledger/domain-keys.js';
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
  const next = pendingKey(keys);
  for (const key of keys.keys) {
    const { selector, state } = key;
    const look = looks.get(selector);
    if (key === next && look?.authoritative.kind !== 'right') {
      const record = await recordOf(secretsDir, domain, key);
      if (record !== undefined) actions.push(action('publish', domain, selector, record));
    }
    const isGoing = state === 'revoked' || (isPending(key) && key !== next); // one that others know is revoked before it signs
    if (isGoing && look?.withdrawn.kind !== 'right') actions.push(action('revoke', domain, selector, REVOKED_RECORD));
  }
  return [
    ...actions,
    ...removed
      .filter((selector) => looks.get(selector)?.authoritative.kind !== 'absent')
      .map((selector): RecordAction => ({ action: 'delete', type: 'TXT', name: recordName(selector, domain) })),
  ];
}

/** Nothing for a key that is lost: it is given up, and another one made. */
async function recordOf(secretsDir: string, domain: string, key: DomainKey): Promise<string | undefined> {
  try {
    return (await storedKey(secretsDir, domain, key)).record;
  } catch (error) {
    if (isLoss(error)) return undefined;
    throw error;
  }
}

function action(what: 'publish' | 'revoke', domain: string, selector: string, value: string): RecordAction {
  const record = dkimRecord({ domain, selector, record: value });
  const { type, name, ttl } = record;
  return { action: what, type, name, ttl, value, strings: split(value), line: zoneLine(record) };
}
