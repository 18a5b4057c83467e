/** The selector of a domain's first key, in the PowerMTA configuration, in DNS and in the checks alike. Later keys carry a date. */
export const FIRST_SELECTOR = 'mail';

/** The name under which a key's record is published (RFC 6376 §3.6.2.1). */
export function recordName(selector: string, domain: string): string {
  return `${selector}._domainkey.${domain}`;
}
