import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Secret } from '../secret.js';
import { KEY_BITS } from './key-pair.js';
import { parseTagList } from '../tag-list.js';

/** The TXT value of a key, as one logical string (RFC 6376 §3.6.1). Its `p` is SPKI: some verifiers refuse PKCS#1. */
export function recordValue(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return `v=DKIM1; k=rsa; p=${spki.toString('base64')}`;
}

/** The TXT value that says that a key is revoked (RFC 6376 §3.6.1): its tag p is empty. */
export const REVOKED_RECORD = 'v=DKIM1; k=rsa; p=';

/** What DNS publishes under a selector. Only `key` verifies signatures. */
export type PublishedRecord =
  | { readonly kind: 'key'; readonly publicKey: KeyObject; readonly bits: number; readonly testing: boolean }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'several'; readonly count: number }
  | { readonly kind: 'malformed'; readonly reason: string };

/**
 * Reads the TXT answers of a selector's name, each a list of strings as a resolver gives them, and more strictly than
 * verifiers do: they disagree about odd records (two records, quotes in the key, PKCS#1), so an odd record is not a good one.
 */
export function readPublished(answers: readonly (readonly string[])[]): PublishedRecord {
  const [answer, ...others] = answers;
  if (answer === undefined) return { kind: 'missing' };
  if (others.length > 0) return { kind: 'several', count: answers.length };
  try {
    return readTags(parseTagList(answer.join(''))); // the strings of one TXT are joined with nothing between (RFC 7208 §3.3)
  } catch (error) {
    return { kind: 'malformed', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether a published key is the public half of a private key: the same modulus and exponent. */
export function isPublicHalf(publicKey: KeyObject, privateKey: Secret): boolean {
  const ours = createPublicKey(createPrivateKey(privateKey.reveal())).export({ format: 'jwk' });
  const theirs = publicKey.export({ format: 'jwk' });
  return theirs.kty === 'RSA' && ours.n === theirs.n && ours.e === theirs.e;
}

function readTags(tags: Map<string, string>): PublishedRecord {
  const version = tags.get('v');
  if (version !== undefined && version !== 'DKIM1') throw new Error(`its version is ${version}, not DKIM1`);
  if (version !== undefined && [...tags.keys()][0] !== 'v') throw new Error('the tag v is not the first');
  const type = tags.get('k') ?? 'rsa';
  if (type !== 'rsa') throw new Error(`its key type is ${type}, and PowerMTA signs with rsa`);
  if (!allows(tags.get('h'), 'sha256')) throw new Error('its tag h does not allow sha256');
  if (!allows(tags.get('s'), 'email', '*')) throw new Error('its tag s does not allow email');

  const encoded = tags.get('p');
  if (encoded === undefined) throw new Error('it has no tag p');
  if (encoded === '') return { kind: 'revoked' };
  const publicKey = decodeSpki(encoded);
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < KEY_BITS) throw new Error(`its key has ${bits} bits, and ${KEY_BITS} are the least that is safe`);
  return { kind: 'key', publicKey, bits, testing: list(tags.get('t')).includes('y') };
}

function decodeSpki(encoded: string): KeyObject {
  const base64 = encoded.replace(/[ \t\r\n]/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der.toString('base64') !== base64) throw new Error('its tag p is not base64, or was cut');
  const publicKey = decodeDer(der);
  if (publicKey.asymmetricKeyType !== 'rsa') throw new Error('its tag p holds a key that is not RSA');
  if (!publicKey.export({ type: 'spki', format: 'der' }).equals(der))
    throw new Error('its tag p holds more than a key');
  return publicKey;
}

function decodeDer(der: Buffer): KeyObject {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new Error('its tag p does not hold a public key (SubjectPublicKeyInfo)', { cause });
  }
}

/** An absent tag allows everything. */
function allows(value: string | undefined, ...wanted: string[]): boolean {
  return value === undefined || list(value).some((item) => wanted.includes(item));
}

/** The items of a colon-separated tag value. */
function list(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(':').map((item) => item.trim());
}
