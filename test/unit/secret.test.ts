import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret, redactor } from '../../src/lib/secret.js';

const VALUE = 'aVerySecretPassword9';

describe('a secret', () => {
  it('[R125] prints as [redacted], however it is printed, and opens only where it is asked to', () => {
    const secret = new Secret(VALUE);
    expect(`${secret}`).toBe('[redacted]');
    expect(JSON.stringify({ secret })).toBe('{"secret":"[redacted]"}');
    expect(inspect({ secret })).toBe('{ secret: [redacted] }');
    expect(new Error(`with ${secret}`).message).toBe('with [redacted]');
    expect(Object.keys(secret)).toEqual([]);
    expect(secret.reveal()).toBe(VALUE);
  });
});

describe('the redactor', () => {
  it('[R125] hides a secret as it is, in a URL, in JSON and in base64', () => {
    const redact = redactor([new Secret('p"a ss/word'), new Secret(VALUE)]);
    expect(redact(`login with p"a ss/word and ${VALUE}`)).toBe('login with [redacted] and [redacted]');
    expect(redact('postgres://u:p%22a%20ss%2Fword@127.0.0.1/db')).toBe('postgres://u:[redacted]@127.0.0.1/db');
    expect(redact(JSON.stringify({ password: 'p"a ss/word' }))).toBe('{"password":"[redacted]"}');
    expect(redact(`blob ${Buffer.from(VALUE).toString('base64')}`)).toBe('blob [redacted]');
  });

  it('[R125] hides a private key that nobody told it of, also one that is cut off', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----';
    expect(redactor([])(`a\n${key}\nb`)).toBe('a\n[redacted]\nb');
    expect(redactor([])('a\n-----BEGIN PRIVATE KEY-----\nMIIE')).toBe('a\n[redacted]');
  });

  it('hides the longer of two secrets whole, and no ordinary word for a short one', () => {
    const redact = redactor([new Secret('word'), new Secret('word-and-more'), new Secret('a')]);
    expect(redact('a word-and-more')).toBe('a [redacted]');
  });
});
