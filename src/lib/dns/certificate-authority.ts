/** The name that a CAA record gives an ACME authority (RFC 8659 §4.2), by the host of its directory. */
const ISSUERS: readonly (readonly [host: string, issuer: string])[] = [
  ['letsencrypt.org', 'letsencrypt.org'],
  ['pki.goog', 'pki.goog'],
  ['zerossl.com', 'sectigo.com'],
  ['ssl.com', 'ssl.com'],
];

/** undefined for an authority that is not in the table, such as a private one. */
export function issuerOf(directoryUrl: string): string | undefined {
  const { hostname } = new URL(directoryUrl);
  return ISSUERS.find(([host]) => hostname === host || hostname.endsWith(`.${host}`))?.[1];
}
