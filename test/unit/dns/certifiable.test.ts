import { describe, expect, it } from 'vitest';
import { obstacles } from '../../../src/lib/dns/certifiable.js';
import type { Answer } from '../../../src/lib/dns/answer.js';
import type { DnsSurvey, NameView } from '../../../src/lib/dns/view.js';
import type { CaaProperty, QueryType } from '../../../src/lib/dns/values.js';

const NONE = { kind: 'none', reason: 'it has no such record' } as const;
const found = <Value>(...values: Value[]): Answer<Value> => ({ kind: 'found', values });
const silent = { kind: 'unknown', reason: 'no answer in time' } as const;
const PLACES = ['ns1', 'ns2', '192.0.2.53'] as const;

function view<Value>(name: string, type: QueryType, answers: readonly Answer<Value>[]): NameView<Value> {
  return {
    ...{ name, type, zone: 'example.com', negativeTtl: 60 },
    answers: answers.map((answer, at) => ({
      server: PLACES[at] ?? '',
      role: at < 2 ? 'authoritative' : 'resolver',
      answer,
      ttl: 60,
    })),
  };
}

interface Said {
  readonly a: readonly Answer[];
  readonly aaaa?: readonly Answer[];
  readonly caa?: readonly Answer<CaaProperty>[];
}

/** A survey that was told this; other questions would throw. */
function surveyOf({ a, aaaa = [NONE], caa = [NONE] }: Said): DnsSurvey {
  const never = () => Promise.reject(new Error('not asked'));
  return {
    ...{ resolvers: ['192.0.2.53'], cname: never, ptr: never, mx: never, txt: never, delegation: never },
    a: (name) => Promise.resolve(view(name, 'A', a)),
    aaaa: (name) => Promise.resolve(view(name, 'AAAA', aaaa)),
    caa: (name) => Promise.resolve(view(name, 'CAA', caa)),
  };
}

const panel = { name: 'panel.example.com', address: '192.0.2.10', issuer: 'letsencrypt.org' };
const against = (said: Said, name = panel) => obstacles(surveyOf(said), name);
const right = found('192.0.2.10');

describe('an authority may be asked about a name', () => {
  it('[R51] that leads to its host by all servers', async () => {
    expect(await against({ a: [right, right, right] })).toEqual([]);
  });

  it('although a server is silent, since authorities ask several too', async () => {
    expect(await against({ a: [silent, right, silent] })).toEqual([]);
  });

  it('that has an IPv6 address alone, where its host has', async () => {
    const name = { ...panel, address: '2001:DB8:0:0::10' };
    expect(await against({ a: [NONE], aaaa: [found('2001:db8::10')] }, name)).toEqual([]);
  });
});

describe('an authority is not asked about a name', () => {
  it.each<[string, Said, string]>([
    [
      'that leads elsewhere',
      { a: [found('203.0.113.9'), found('203.0.113.9')] },
      'panel.example.com leads to 203.0.113.9, not to 192.0.2.10 alone.',
    ],
    [
      'that leads to another host too',
      { a: [found('203.0.113.9', '192.0.2.10')] },
      'panel.example.com leads to 192.0.2.10 and 203.0.113.9, not to 192.0.2.10 alone.',
    ],
    ['without an address', { a: [NONE, NONE] }, 'panel.example.com has no A record: it must lead to 192.0.2.10.'],
    [
      'that one name server has not got yet',
      { a: [right, NONE, right] },
      'ns2 says that panel.example.com has no A record: it must lead to 192.0.2.10.',
    ],
    [
      'whose former address a resolver still gives',
      { a: [right, right, found('203.0.113.9')] },
      '192.0.2.53 says that panel.example.com leads to 203.0.113.9, not to 192.0.2.10 alone.',
    ],
    [
      'that no server says anything of',
      { a: [silent, silent] },
      'Where panel.example.com leads could not be determined: no answer in time.',
    ],
    [
      'with an IPv6 address, which authorities prefer',
      { a: [right], aaaa: [found('2001:db8::9')] },
      'panel.example.com has the AAAA record 2001:db8::9: remove it.',
    ],
    [
      'that another authority alone may certify',
      { a: [right], caa: [found({ critical: false, tag: 'issue', value: 'pki.goog' })] },
      'The CAA records allow pki.goog to certify panel.example.com, not letsencrypt.org.',
    ],
  ])('[R51] %s', async (_, said, sentence) => {
    expect(await against(said)).toEqual([sentence]);
  });
});
