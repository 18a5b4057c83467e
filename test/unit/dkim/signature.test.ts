import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { describe, expect, it } from 'vitest';
import { generatePair } from '../../../src/lib/dkim/key-pair.js';
import { recordValue } from '../../../src/lib/dkim/record.js';
import { FIRST_SELECTOR, recordName } from '../../../src/lib/dkim-selector.js';
import { split } from '../../../src/lib/dns/character-strings.js';

const DOMAIN = 'mail1.example.com';
const MESSAGE = [
  `From: contact@${DOMAIN}`,
  'To: somebody@example.net',
  'Subject: Hello',
  'Date: Tue, 03 Mar 2026 10:00:00 +0000',
  `Message-ID: <1@${DOMAIN}>`,
  '',
  'Good morning.',
  '',
].join('\r\n');

async function signed(privateKey: string): Promise<string> {
  const key = { signingDomain: DOMAIN, selector: FIRST_SELECTOR, privateKey };
  // The typings name the key's fields, the code reads `signatureData`.
  const options = { ...key, canonicalization: 'relaxed/relaxed', algorithm: 'rsa-sha256', signatureData: [key] };
  const { signatures, errors } = await dkimSign(MESSAGE, options);
  expect(errors).toEqual([]);
  return signatures + MESSAGE;
}

/** What a receiver says, when DNS holds the given strings under the selector and nothing else. */
async function verdict(message: string, strings: string[]): Promise<unknown> {
  const asked: string[] = [];
  const resolver = (name: string, type: string): Promise<string[][]> => {
    asked.push(`${type} ${name}`);
    if (type === 'TXT' && name === recordName(FIRST_SELECTOR, DOMAIN)) return Promise.resolve([strings]);
    return Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
  };
  const { results } = await dkimVerify(message, { resolver });
  expect(asked).toContain('TXT mail._domainkey.mail1.example.com');
  return results[0]?.status.result;
}

describe('a message signed with a generated key', () => {
  it('passes an independent verifier that reads the record in split strings', async () => {
    const { privateKey, publicKey } = await generatePair();
    const strings = split(recordValue(publicKey));
    expect(strings.map((string) => string.length)).toEqual([255, 155]);
    expect(await verdict(await signed(privateKey.reveal()), strings)).toBe('pass');
  });

  it('does not pass with the record of another key', async () => {
    const [ours, theirs] = await Promise.all([generatePair(), generatePair()]);
    expect(await verdict(await signed(ours.privateKey.reveal()), split(recordValue(theirs.publicKey)))).toBe('fail');
  });
});
