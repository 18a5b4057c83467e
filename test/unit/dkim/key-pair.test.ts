import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generatePair, parsePair } from '../../../src/lib/dkim/key-pair.js';

describe('a DKIM key pair', () => {
  it('is RSA of 2048 bits, its private half in PKCS#1 PEM', async () => {
    const { privateKey, publicKey } = await generatePair();
    expect(privateKey.reveal()).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    expect(publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n });
  });

  it('is read from PKCS#8 as well, and given back as PKCS#1', async () => {
    const { privateKey, publicKey } = await generatePair();
    const pkcs8 = createPrivateKey(privateKey.reveal()).export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(pkcs8).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);

    const pair = parsePair(pkcs8);
    expect(pair.privateKey.reveal()).toBe(privateKey.reveal());
    expect(pair.publicKey.equals(publicKey)).toBe(true);
  });

  it('does not print its private half', async () => {
    const pair = await generatePair();
    expect(`${pair.privateKey}`).toBe('[redacted]');
    expect(JSON.stringify({ key: pair.privateKey })).toBe('{"key":"[redacted]"}');
  });

  it('refuses what is not a private key, not RSA, or too short', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const edwards = generateKeyPairSync('ed25519');
    const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
    expect(() => parsePair('nonsense')).toThrow('it holds no private key in PEM');
    expect(() => parsePair(short.publicKey.export({ type: 'spki', format: 'pem' }).toString())).toThrow(
      'it holds no private key in PEM',
    );
    expect(() => parsePair(short.privateKey.export(pkcs8).toString())).toThrow(
      'it has 1024 bits, and 2048 are the least that is safe',
    );
    expect(() => parsePair(edwards.privateKey.export(pkcs8).toString())).toThrow(
      'it is a key of type ed25519, not RSA',
    );
  });
});
