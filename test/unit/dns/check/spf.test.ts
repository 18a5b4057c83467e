import fc from 'fast-check';
import { spf as mailauthSpf } from 'mailauth/lib/spf/index.js';
import { describe, expect, it } from 'vitest';
import { expand } from '../../../../src/lib/dns/check/spf/macro.js';
import { evaluateSpf, type SpfResult } from '../../../../src/lib/dns/check/spf/evaluate.js';
import { isSpf, parseSpf } from '../../../../src/lib/dns/check/spf/record.js';
import { lookups } from './said.js';

const IP = '192.0.2.11';
const DOMAIN = 'mail1.example.com';
const sender = { ip: IP, address: `contact@${DOMAIN}`, helo: DOMAIN };

const WORLD = {
  'TXT pass.example.net': ['v=spf1 ip4:192.0.2.0/24 -all', 'unrelated'],
  'TXT fail.example.net': ['v=spf1 -all'],
  'TXT soft.example.net': ['v=spf1 ~all'],
  'TXT open.example.net': ['v=spf1 +all'],
  'TXT chain.example.net': ['v=spf1 include:pass.example.net ?all'],
  'TXT two.example.net': ['v=spf1 -all', 'v=spf1 ~all'],
  'TXT loop.example.net': ['v=spf1 include:loop.example.net -all'],
  'TXT broken.example.net': ['v=spf1 ip4:300.0.0.1 -all'],
  'TXT down.example.net': 'down',
  'A here.example.net': [IP],
  'A near.example.net': ['192.0.2.99'],
  [`A ${DOMAIN}`]: [IP],
  'MX in.example.net': [
    { exchange: 'near.example.net', priority: 10 },
    { exchange: 'here.example.net', priority: 20 },
  ],
  'A down.example.net': 'down',
} as const;

const evaluate = (text: string): Promise<SpfResult> => evaluateSpf(text, sender, DOMAIN, lookups(WORLD));

describe('an SPF record', () => {
  it.each([
    ['v=spf1 ip4:192.0.2.11 -all', 'pass', 0],
    ['v=spf1 ip4:192.0.2.12 -all', 'fail', 0],
    ['v=spf1 ip4:192.0.2.12 ~all', 'softfail', 0],
    ['v=spf1 ip4:192.0.2.12', 'neutral', 0],
    ['v=spf1 ip4:192.0.2.0/28 -all', 'pass', 0],
    ['v=spf1 -ip4:192.0.2.11 ip4:192.0.2.0/24 -all', 'fail', 0],
    ['v=spf1 ip6:2001:db8::/32 -all', 'fail', 0],
    ['v=spf1 -all ip4:192.0.2.11', 'fail', 0],
    ['v=spf1 a -all', 'pass', 1],
    ['v=spf1 a:near.example.net -all', 'fail', 1],
    ['v=spf1 a:near.example.net/24 -all', 'pass', 1],
    ['v=spf1 mx:in.example.net -all', 'pass', 1],
    ['v=spf1 exists:here.example.net -all', 'pass', 1],
    ['v=spf1 exists:%{l}.here.example.net -all', 'fail', 1],
    ['v=spf1 include:pass.example.net -all', 'pass', 1],
    ['v=spf1 include:chain.example.net -all', 'pass', 2],
    ['v=spf1 include:fail.example.net include:soft.example.net ~all', 'softfail', 2],
    ['v=spf1 redirect=pass.example.net', 'pass', 1],
    ['v=spf1 redirect=fail.example.net', 'fail', 1],
    ['v=spf1 redirect=fail.example.net ip4:192.0.2.11', 'pass', 1],
    ['v=spf1 redirect=down.example.net -all', 'fail', 0],
    ['v=spf1 ptr -all', 'fail', 1],
    ['V=SPF1 IP4:192.0.2.11 -ALL', 'pass', 0],
    ['v=spf1 unknown=anything ip4:192.0.2.11 -all', 'pass', 0],
  ])('%s gives %s, with %i terms that ask DNS', async (text, result, terms) => {
    expect(await evaluate(text)).toMatchObject({ result, terms, mistakes: [], unknown: [] });
  });

  it.each([
    'v=spf1 ipv4:192.0.2.11 -all',
    'v=spf1 ip4 -all',
    'v=spf1 ip4:192.0.2.11/33 -all',
    'v=spf1 ip4:192.0.2.11/08 -all',
    'v=spf1 ip4:192.0.2 -all',
    'v=spf1 include -all',
    'v=spf1 include: -all',
    'v=spf1 all:example.net',
    'v=spf1 a:example.net/33 -all',
    'v=spf1 a: -all',
    'v=spf1 include:%{x}.example.net -all',
    'v=spf1 redirect=fail.example.net redirect=fail.example.net',
    'v=spf1 include:nothing.example.net -all',
    'v=spf1 include:two.example.net -all',
    'v=spf1 include:broken.example.net -all',
    'v=spf1 ip4:192.0.2.11 -all,',
    'v=spf1 ip4:192.0.2.11 “-all”',
  ])('%s is an error', async (text) => {
    const { result, mistakes } = await evaluate(text);
    expect([result, mistakes.length]).toEqual(['permerror', 1]);
  });

  it('is not known where something that it refers to is not', async () => {
    expect(await evaluate('v=spf1 include:down.example.net -all')).toMatchObject({
      result: 'temperror',
      unknown: ['the SPF record of down.example.net: no answer in time'],
    });
    expect(await evaluate('v=spf1 a:down.example.net ip4:192.0.2.11 -all')).toMatchObject({ result: 'temperror' });
  });

  it('ends where records include each other in a circle', async () => {
    const { terms, result } = await evaluate('v=spf1 include:loop.example.net -all');
    expect(terms).toBeGreaterThan(10);
    expect(result).toBe('permerror');
  });

  it('[R92] is open with +all, ?all, a network of nearly everybody, and where it includes such a record', async () => {
    const open = async (text: string): Promise<readonly string[]> => (await evaluate(text)).open;
    expect(await open('v=spf1 +all')).toEqual([`${DOMAIN}: +all`]);
    expect(await open('v=spf1 all')).toEqual([`${DOMAIN}: +all`]);
    expect(await open('v=spf1 ?all')).toEqual([`${DOMAIN}: ?all`]);
    expect(await open('v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all')).toHaveLength(2);
    expect(await open('v=spf1 include:open.example.net -all')).toEqual(['open.example.net: +all']);
    expect(await open('v=spf1 ip4:192.0.2.0/24 ~all')).toEqual([]);
  });

  it('is what begins with the version, and nothing else', () => {
    expect(['v=spf1', 'v=spf1 -all', 'V=SPF1 -all'].map(isSpf)).toEqual([true, true, true]);
    expect(['v=spf10 -all', ' v=spf1 -all', 'spf1 -all', 'v=spf1-all'].map(isSpf)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('is read term by term', () => {
    expect(parseSpf('v=spf1 ip4:192.0.2.0/24 a:h.example.net/24//64 ~mx redirect=r.example.net')).toEqual([
      { kind: 'ip4', qualifier: '+', address: '192.0.2.0', prefix: 24 },
      { kind: 'a', qualifier: '+', domain: 'h.example.net', prefix4: 24 },
      { kind: 'mx', qualifier: '~', domain: undefined, prefix4: 32 },
      { kind: 'redirect', domain: 'r.example.net' },
    ]);
  });

  /** The examples of RFC 7208 §7.4. */
  it.each([
    ['%{s}', 'strong-bad@email.example.com'],
    ['%{o}', 'email.example.com'],
    ['%{d4}', 'email.example.com'],
    ['%{d2}', 'example.com'],
    ['%{dr}', 'com.example.email'],
    ['%{d2r}', 'example.email'],
    ['%{l-}', 'strong.bad'],
    ['%{lr-}', 'bad.strong'],
    ['%{ir}.%{v}._spf.%{d2}', '3.2.0.192.in-addr._spf.example.com'],
    ['%{lr-}.lp.%{ir}.%{v}._spf.%{d2}', 'bad.strong.lp.3.2.0.192.in-addr._spf.example.com'],
    ['%{d2}.trusted-domains.example.net', 'example.com.trusted-domains.example.net'],
  ])('has macros: %s is %s', (macro, value) => {
    const bad = { ip: '192.0.2.3', address: 'strong-bad@email.example.com', helo: 'mx.example.org' };
    expect(expand(macro, bad, 'email.example.com')).toBe(value);
  });

  it('gives what a second implementation gives, whatever its terms are', async () => {
    const term = fc.constantFrom(
      ...['ip4:192.0.2.11', '-ip4:192.0.2.11', 'ip4:192.0.2.12', 'ip4:192.0.2.0/28', '~ip4:192.0.2.0/24'],
      ...['a', '-a:near.example.net', 'a:near.example.net/24', 'mx:in.example.net', 'exists:here.example.net'],
      ...[
        'include:pass.example.net',
        '?include:pass.example.net',
        'include:fail.example.net',
        'include:chain.example.net',
      ],
    );
    const end = fc.constantFrom('-all', '~all', '?all', '', 'redirect=pass.example.net', 'redirect=fail.example.net');
    await fc.assert(
      fc.asyncProperty(fc.array(term, { maxLength: 5 }), end, async (terms, last) => {
        const text = ['v=spf1', ...terms, last].filter((part) => part !== '').join(' ');
        expect((await evaluate(text)).result).toBe(await second(text));
      }),
      { numRuns: 300 },
    );
  });
});

/** What mailauth concludes of the same record in the same world. */
async function second(text: string): Promise<string> {
  const records: Readonly<Record<string, readonly unknown[] | 'down'>> = { ...WORLD, [`TXT ${DOMAIN}`]: [text] };
  const resolver = (name: string, type: string): Promise<unknown[]> => {
    const values = records[`${type} ${name}`];
    if (values === undefined || values === 'down')
      return Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' }));
    return Promise.resolve(type === 'TXT' ? values.map((value) => [value]) : [...values]);
  };
  const { status } = await mailauthSpf({ sender: sender.address, ip: IP, helo: DOMAIN, resolver } as never);
  return status.result;
}
