/** Milliseconds before the n-th try again, counted from 0: twice as long each time, up to a minute, and never all shippers at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(60_000, 1_000 * 2 ** attempt);
  return Math.round(longest / 2 + (random() * longest) / 2);
}

/** What `Retry-After` asks for, in milliseconds: seconds, or a date (RFC 9110 §10.2.3). No server makes us wait over ten minutes. */
export function retryAfter(header: string | undefined, now = Date.now()): number {
  if (header === undefined) return 0;
  const wanted = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), 600_000) : 0;
}
