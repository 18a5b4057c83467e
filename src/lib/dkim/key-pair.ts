import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '../secret.js';

/** Verifiers must handle 1024 to 4096 bits, signers should use at least 2048 (RFC 8301 §3.2). */
export const KEY_BITS = 2048;

/** A DKIM key pair. The private half is PKCS#1 PEM, which PowerMTA reads; the public half is SPKI, which DNS carries. */
export interface KeyPair {
  readonly privateKey: Secret;
  readonly publicKey: KeyObject;
}

const generateAsync = promisify(generateKeyPair);

/** Makes a new RSA pair on libuv's thread pool, so that several can be made at the same time. */
export async function generatePair(): Promise<KeyPair> {
  const { privateKey } = await generateAsync('rsa', { modulusLength: KEY_BITS });
  return pairOf(privateKey);
}

/**
 * Reads a private key in PKCS#1 or PKCS#8 PEM (OpenSSL 3 and opendkim-genkey write the latter).
 * Throws an Error whose message says what is wrong with it.
 */
export function parsePair(pem: string): KeyPair {
  const privateKey = decode(pem);
  if (privateKey.asymmetricKeyType !== 'rsa') {
    throw new Error(`it is a key of type ${privateKey.asymmetricKeyType ?? 'unknown'}, not RSA`);
  }
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < KEY_BITS) throw new Error(`it has ${bits} bits, and ${KEY_BITS} are the least that is safe`);
  return pairOf(privateKey);
}

function decode(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error('it holds no private key in PEM', { cause });
  }
}

function pairOf(privateKey: KeyObject): KeyPair {
  return {
    privateKey: new Secret(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()),
    publicKey: createPublicKey(privateKey),
  };
}
