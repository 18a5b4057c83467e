import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatePair, type KeyPair } from '../../../src/lib/dkim/key-pair.js';
import { isPublicHalf, readPublished, recordValue } from '../../../src/lib/dkim/record.js';

let pair: KeyPair;
let other: KeyPair;
let value: string;
let p: string;

beforeAll(async () => {
  [pair, other] = await Promise.all([generatePair(), generatePair()]);
  value = recordValue(pair.publicKey);
  p = value.slice('v=DKIM1; k=rsa; p='.length);
});

function published(...answers: string[][]): KeyObject {
  const record = readPublished(answers);
  if (record.kind !== 'key') throw new Error(`expected a key, got ${JSON.stringify(record)}`);
  return record.publicKey;
}

const encoded = (key: KeyObject, type: 'spki' | 'pkcs1'): string =>
  key.export({ type, format: 'der' }).toString('base64');

describe('the record of a key', () => {
  it('has 410 octets for RSA-2048, with the public half in SPKI', () => {
    expect(value).toHaveLength(410);
    expect(value).toMatch(/^v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0B[A-Za-z0-9+/]+=*$/);
  });

  it('is the public half of its private key, and of no other', () => {
    expect(isPublicHalf(published([value]), pair.privateKey)).toBe(true);
    expect(isPublicHalf(published([value]), other.privateKey)).toBe(false);
  });
});

describe('a published record', () => {
  it('[R91] is read by joining its strings, wherever they were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 409 }), { maxLength: 4 }), (places) => {
        const cuts = [0, ...places.sort((a, b) => a - b), value.length];
        const strings = cuts.slice(1).map((end, index) => value.slice(cuts[index], end));
        expect(published(strings).equals(pair.publicKey)).toBe(true);
      }),
    );
  });

  it('may lack v and k, and may carry what it allows', () => {
    expect(published([`p=${p}`]).equals(pair.publicKey)).toBe(true);
    expect(published([`v=DKIM1; h=sha1:sha256; s=email; n=note; x=unknown; p=${p};`]).equals(pair.publicKey)).toBe(
      true,
    );
  });

  it('shows that a domain only tests', () => {
    expect(readPublished([[`v=DKIM1; t=s:y; p=${p}`]])).toMatchObject({ kind: 'key', bits: 2048, testing: true });
    expect(readPublished([[value]])).toMatchObject({ kind: 'key', bits: 2048, testing: false });
  });

  it('is missing, revoked or doubled: never taken for a key', () => {
    expect(readPublished([])).toEqual({ kind: 'missing' });
    expect(readPublished([['v=DKIM1; k=rsa; p=']])).toEqual({ kind: 'revoked' });
    expect(readPublished([[value], [value]])).toEqual({ kind: 'several', count: 2 });
  });

  it.each<[string, () => string]>([
    ['its tag p is not base64, or was cut', () => `v=DKIM1; p="${p}"`],
    ['its tag p is not base64, or was cut', () => value.slice(0, 255)],
    ['its tag p does not hold a public key', () => value.slice(0, 18 + 236)],
    ['its tag p does not hold a public key', () => `v=DKIM1; p=${encoded(pair.publicKey, 'pkcs1')}`],
    [
      'its tag p holds more than a key',
      () => `p=${Buffer.concat([Buffer.from(p, 'base64'), Buffer.from('x')]).toString('base64')}`,
    ],
    ['its tag p holds a key that is not RSA', () => `p=${encoded(generateKeyPairSync('ed25519').publicKey, 'spki')}`],
    [
      'its key has 1024 bits',
      () => `p=${encoded(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, 'spki')}`,
    ],
    ['it has no tag p', () => 'v=DKIM1; k=rsa'],
    ['its version is DKIM2, not DKIM1', () => `v=DKIM2; p=${p}`],
    ['the tag v is not the first', () => `k=rsa; v=DKIM1; p=${p}`],
    ['its key type is ed25519', () => `v=DKIM1; k=ed25519; p=${p}`],
    ['its tag h does not allow sha256', () => `v=DKIM1; h=sha1; p=${p}`],
    ['its tag s does not allow email', () => `v=DKIM1; s=tlsrpt; p=${p}`],
    ['the tag p stands there twice', () => `v=DKIM1; p=${p}; p=${p}`],
  ])('is malformed when %s', (reason, text) => {
    const record = readPublished([[text()]]);
    expect(record).toMatchObject({ kind: 'malformed', reason: expect.stringContaining(reason) as string });
  });

  it('equals the key that OpenSSL reads from the same base64', () => {
    const pem = `-----BEGIN PUBLIC KEY-----\n${p}\n-----END PUBLIC KEY-----\n`;
    expect(createPublicKey(pem).equals(published([value]))).toBe(true);
  });
});
