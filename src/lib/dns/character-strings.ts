/** The most octets that one character-string of a TXT record holds (RFC 1035 §3.3). */
const LIMIT = 255;

/**
 * Splits a TXT value into character strings of at most 255 octets. A reader joins them with nothing between, so the places of the
 * cuts mean nothing. Only ASCII is accepted: every value that we publish is, and a cut inside of a character would break it.
 */
export function split(text: string): string[] {
  if (/[^\x20-\x7e]/.test(text)) throw new RangeError('a TXT value of ours is printable ASCII');
  if (text === '') return [''];
  const strings: string[] = [];
  for (let start = 0; start < text.length; start += LIMIT) strings.push(text.slice(start, start + LIMIT));
  return strings;
}

/** The logical value of a TXT record (RFC 7208 §3.3, RFC 6376 §3.6.2.2). */
export function join(strings: readonly string[]): string {
  return strings.join('');
}

/** Character strings in zone-file notation, each quoted, quotes and backslashes escaped (RFC 1035 §5.1). */
export function quoted(strings: readonly string[]): string {
  return strings.map((string) => `"${string.replace(/["\\]/g, '\\$&')}"`).join(' ');
}
