import { isWithin } from '../names.js';
import type { RecordSet } from '../record-set.js';
import { zoneLine } from './zone-line.js';

/**
 * The BIND form that Cloudflare imports into one zone: the names of that zone alone, no comment lines. Its proxy carries neither
 * SMTP nor the API's long requests, and hides the address that SPF and PTR name: each A record says that it is not proxied.
 */
export function cloudflare(set: RecordSet): string {
  return set.records
    .filter((record) => isWithin(record.name, set.zone))
    .map((record) => `${zoneLine(record)}${record.type === 'A' ? ' ; cf_tags=cf-proxied:false' : ''}\n`)
    .join('');
}
