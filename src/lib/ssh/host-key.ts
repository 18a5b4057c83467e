import { createHash } from 'node:crypto';

/** SSH host keys as they travel: the key blob of RFC 4253 §6.6, which begins with its type as a length-prefixed string. */

/** `ssh-ed25519`, `ssh-rsa`… of a key blob. */
export function keyType(blob: Buffer): string {
  if (blob.length < 4 || blob.length < 4 + blob.readUInt32BE(0)) throw new RangeError('not an SSH key blob');
  return blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
}

/** The fingerprint that `ssh` and the consoles of providers show. */
export function fingerprint(blob: Buffer): string {
  const short = keyType(blob)
    .replace(/^(ssh-|ecdsa-sha2-)/, '')
    .toUpperCase();
  return `${short} SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Offered in this order. `ssh-rsa` signs with SHA-1 and is left out, as OpenSSH 8.8 and later do. */
const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

export type HostKeyAlgorithm = (typeof ALGORITHMS)[number];

const typeOf = (algorithm: HostKeyAlgorithm) => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);

/**
 * The algorithms to offer, those of known keys first. Without it, a host known by one key would be free to show another
 * of its keys, and look changed.
 */
export function offeredAlgorithms(knownTypes: Iterable<string>): HostKeyAlgorithm[] {
  const known = new Set(knownTypes);
  const isKnown = (algorithm: HostKeyAlgorithm) => known.has(typeOf(algorithm));
  return [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter((algorithm) => !isKnown(algorithm))];
}
