import { createHash, type KeyObject } from 'node:crypto';

/** What tells keys apart: SHA-256 of the public half as SubjectPublicKeyInfo, in hex. */
export function fingerprint(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
