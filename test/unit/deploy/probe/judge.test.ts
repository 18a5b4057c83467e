import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Arrival, judge } from '../../../../src/lib/deploy/probe/judge.js';
import type { ResolveTxt } from '../../../../src/lib/deploy/probe/probe.js';
import { signaturesOf } from '../../../../src/lib/deploy/probe/signatures.js';
import { type KeyPair, generatePair } from '../../../../src/lib/dkim/key-pair.js';
import { recordValue } from '../../../../src/lib/dkim/record.js';
import { split } from '../../../../src/lib/dns/character-strings.js';

const identity = { index: 1, ip: '192.0.2.1', domain: 'mail1.example.com', sender: 'contact@mail1.example.com' };
const NAME = 'mail._domainkey.mail1.example.com';
const MESSAGE = [
  'From: contact@mail1.example.com',
  'To: probe@ee-probe.invalid',
  'Subject: A probe of ee',
  'Date: Tue, 03 Mar 2026 10:00:00 +0000',
  'Message-ID: <1@mail1.example.com>',
  '',
  'A probe.',
  '',
].join('\r\n');

let pair: KeyPair;
let other: KeyPair;
beforeAll(async () => {
  [pair, other] = await Promise.all([generatePair(), generatePair()]);
});

interface Signing {
  readonly key?: KeyPair;
  readonly domain?: string;
  readonly selector?: string;
  readonly fields?: string;
  readonly algorithm?: string;
  readonly message?: string;
}

async function signed(signing: Signing = {}): Promise<string> {
  const { key = pair, domain = identity.domain, selector = 'mail', message = MESSAGE } = signing;
  const one = { signingDomain: domain, selector, privateKey: key.privateKey.reveal() };
  // The typings name the key's fields and a list of headers, the code reads `signatureData` and names between colons.
  const options = {
    ...one,
    canonicalization: 'relaxed/relaxed',
    algorithm: signing.algorithm ?? 'rsa-sha256',
    headerList: (signing.fields ?? 'From:To:Subject:Date:Message-ID') as unknown as string[],
    signatureData: [one],
  };
  const { signatures, errors } = await dkimSign(message, options);
  expect(errors).toEqual([]);
  return signatures + message;
}

const publishing = (...records: string[][]): ResolveTxt => {
  return async (name) => {
    if (name === NAME && records.length > 0) return records;
    throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  };
};
const right = (): ResolveTxt => publishing(split(recordValue(pair.publicKey)));

/** The reason of a failure, or what the signature proves. */
async function verdict(message: string, dns: ResolveTxt, seen: Partial<Arrival> = {}): Promise<string> {
  const signatures = await signaturesOf(Buffer.from(message), dns);
  const arrival = { ip: identity.ip, helo: identity.domain, mailFrom: identity.sender, signatures, ...seen };
  const outcome = judge(identity, 'mail', arrival);
  if (outcome.kind === 'failed') return outcome.reason;
  return `${outcome.selector} ${outcome.domain} ${outcome.ip} ${outcome.helo}`;
}

describe('a message that arrived', () => {
  it('proves its sender: address, greeting, and a signature that verifies against DNS', async () => {
    expect(await verdict(await signed(), right())).toBe('mail mail1.example.com 192.0.2.1 mail1.example.com');
  });

  it('may carry the signature of somebody else beside it', async () => {
    const message = await signed({ domain: 'example.net', message: await signed() });
    expect(await verdict(message, right())).toBe('mail mail1.example.com 192.0.2.1 mail1.example.com');
  });

  it.each<[string, Partial<Arrival>, string]>([
    ['address', { ip: '192.0.2.2' }, 'it should come from 192.0.2.1, and came from 192.0.2.2'],
    [
      'greeting',
      { helo: 'mail2.example.com' },
      'it should greet as mail1.example.com, and greeted as mail2.example.com',
    ],
    ['sender', { mailFrom: '' }, 'it was sent as contact@mail1.example.com and arrived as from <>'],
  ])('fails by its %s', async (_, seen, reason) => {
    expect(await verdict(await signed(), right(), seen)).toBe(reason);
  });

  it.each<[string, () => Promise<string>, string]>([
    [
      'without a signature',
      async () => MESSAGE,
      'it should be signed by mail1.example.com, and left without any signature',
    ],
    [
      'with the signature of another domain',
      () => signed({ domain: 'example.com' }),
      'it should be signed by mail1.example.com, and is signed by example.com',
    ],
    [
      'with two of its own',
      async () => signed({ message: await signed() }),
      'it should have one signature of mail1.example.com, and has 2',
    ],
    [
      'under another selector',
      () => signed({ selector: 'old' }),
      'it should be signed with the selector mail, and was with old',
    ],
    [
      'with rsa-sha1',
      () => signed({ algorithm: 'rsa-sha1' }),
      'it should be signed with rsa-sha256, and was with rsa-sha1 (RFC 8301 §3.1)',
    ],
    [
      'with fields that are not covered',
      () => signed({ fields: 'From:To' }),
      'its signature does not cover subject and date',
    ],
    [
      'with the key of somebody else',
      () => signed({ key: other }),
      `its signature does not fit the key that DNS publishes under ${NAME}`,
    ],
    [
      'changed on its way',
      async () => (await signed()).replace('A probe.', 'An advertisement.'),
      `its signature does not verify against ${NAME}: neutral, body hash did not verify`,
    ],
  ])('fails %s', async (_, message, reason) => {
    expect(await verdict(await message(), right())).toBe(reason);
  });

  it('fails by what DNS publishes', async () => {
    const message = await signed();
    const ours = split(recordValue(pair.publicKey));
    expect(await verdict(message, publishing())).toBe(`DNS publishes no key under ${NAME}`);
    expect(await verdict(message, publishing(split(recordValue(other.publicKey))))).toBe(
      `its signature does not fit the key that DNS publishes under ${NAME}`,
    );
    expect(await verdict(message, publishing(ours, ['something else']))).toBe(
      `DNS publishes 2 records under ${NAME}, and which of them counts is not defined (RFC 6376 §3.6.2.2)`,
    );
    expect(await verdict(message, publishing(['v=DKIM1; k=rsa; p=']))).toBe(
      `the key under ${NAME} is revoked: its p= is empty`,
    );
    expect(await verdict(message, publishing([ours[0] ?? '']))).toMatch(
      /^the record under mail\._domainkey\.mail1\.example\.com is no good key: /,
    );
  });

  it('fails where DNS does not answer, since nobody knows then', async () => {
    const silent: ResolveTxt = () => Promise.reject(Object.assign(new Error('timeout'), { code: 'ETIMEOUT' }));
    expect(await verdict(await signed(), silent)).toBe(`DNS did not tell the key under ${NAME}: ETIMEOUT`);
  });
});
