import { describe, expect, it } from 'vitest';
import { judged } from '../../../../src/lib/dns/check/judge.js';
import { codesOf, found, none, unknown, view } from './said.js';

const right = found('192.0.2.11');
const old = found('192.0.2.99');

describe('a view', () => {
  it('is good only when every name server and every resolver says the same', async () => {
    expect(await codesOf(view([right, right, right, right]))).toEqual([]);
    expect(await codesOf(view([right, right, right, unknown]))).toEqual(['resolver-silent']);
    expect(await codesOf(view([right, right, old, unknown]))).toEqual(['not-propagated', 'resolver-silent']);
    expect(await codesOf(view([right, unknown, right, right]))).toEqual(['name-server-silent']);
  });

  it('does not depend on the order of the values', async () => {
    const both = [found('192.0.2.11', '192.0.2.12'), found('192.0.2.12', '192.0.2.11')];
    expect(await codesOf(view([...both, ...both]), ['192.0.2.11', '192.0.2.12'])).toEqual([]);
  });

  it('says what is wrong where the name servers agree on it, whatever a resolver or a third one says', async () => {
    expect(await codesOf(view([old, old, right, right]))).toEqual(['a-wrong']);
    expect(await codesOf(view([none, none]))).toEqual(['a-missing']);
    expect(await codesOf(view([old, unknown]))).toEqual(['a-wrong']);
  });

  it('[R93] never calls a missing answer good', async () => {
    expect(await codesOf(view([unknown, unknown, right, right]))).toEqual(['name-server-silent', 'name-server-silent']);
    expect(await codesOf(view([], { reason: 'the zone could not be found' }))).toEqual(['zone-unknown']);
    expect(await codesOf(view([undefined, undefined, unknown, unknown]))).toEqual([
      'resolver-silent',
      'resolver-silent',
    ]);
  });

  it('is that of the servers that were named, where only those were asked', async () => {
    expect(await codesOf(view([undefined, undefined, right]))).toEqual([]);
    expect(await codesOf(view([undefined, undefined, old]))).toEqual(['a-wrong']);
  });

  it('keeps what each server said, with the seconds', async () => {
    const { seen } = await judged(view([right, none, unknown]), String, () => []);
    expect(seen).toEqual([
      {
        server: 'ns1.example.com (192.0.2.53)',
        role: 'authoritative',
        answer: 'found',
        values: ['192.0.2.11'],
        ttl: 60,
      },
      {
        server: 'ns2.example.com (198.51.100.53)',
        role: 'authoritative',
        answer: 'none',
        reason: 'the name does not exist',
        ttl: 60,
      },
      { server: '203.0.113.1', role: 'resolver', answer: 'unknown', reason: 'no answer in time', ttl: 60 },
    ]);
  });

  it('tells two long values apart by both of their ends', async () => {
    const key = (end: string) => found(`v=DKIM1; k=rsa; p=${'A'.repeat(380)}${end}`);
    const { findings } = await judged(view([key('ONE'), key('TWO')]), String, () => []);
    expect(findings[0]?.message).toMatch(/"v=DKIM1; .*…A+ONE", ns2\.example\.com .* "v=DKIM1; .*…A+TWO"\.$/);
  });
});
