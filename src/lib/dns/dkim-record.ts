import { recordName } from '../dkim-selector.js';
import { txt, type RecordOf } from './records.js';

/** What DNS must have of a DKIM key. */
export interface DkimPublication {
  readonly domain: string;
  readonly selector: string;
  /** The TXT value as one string. Its tag p is empty where the key is revoked. */
  readonly record: string;
}

export function dkimRecord({ domain, selector, record }: DkimPublication): RecordOf<'TXT'> {
  const purpose = record.endsWith('p=') ? 'DKIM key, revoked' : 'DKIM public key';
  return txt(recordName(selector, domain), record, purpose);
}
