import { describe, expect, it } from 'vitest';
import { fingerprint, keyType, offeredAlgorithms } from '../../../src/lib/ssh/host-key.js';

// A public key made for this test; its fingerprint is what `ssh-keygen -lf` says of it.
const ED25519 = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIC8NXSRHYuzJyEvexYnjyEX3J+rKPBjVKeMph6vekPFZ', 'base64');

describe('host keys', () => {
  it('reads the type at the beginning of a key blob', () => {
    expect(keyType(ED25519)).toBe('ssh-ed25519');
    expect(() => keyType(Buffer.from('00000010', 'hex'))).toThrow(RangeError);
  });

  it('shows a fingerprint as ssh does', () => {
    expect(fingerprint(ED25519)).toBe('ED25519 SHA256:eiPiOTdxtr9CqcUDlJ3Wl55mQFbqxyAjUFkxbsPioSA');
  });

  it('offers every algorithm, and never a SHA-1 signature', () => {
    expect(offeredAlgorithms([])).toEqual([
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
      'ecdsa-sha2-nistp384',
      'ecdsa-sha2-nistp521',
      'rsa-sha2-512',
      'rsa-sha2-256',
    ]);
  });

  it('[R27] offers the algorithms of known keys first, so that a host shows the key that is known', () => {
    expect(offeredAlgorithms(['ssh-rsa', 'ecdsa-sha2-nistp384']).slice(0, 4)).toEqual([
      'ecdsa-sha2-nistp384',
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-ed25519',
    ]);
  });
});
