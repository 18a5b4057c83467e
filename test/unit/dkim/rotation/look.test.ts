import { beforeAll, describe, expect, it } from 'vitest';
import { fingerprint } from '../../../../src/lib/dkim/fingerprint.js';
import { generatePair } from '../../../../src/lib/dkim/key-pair.js';
import { recordValue, REVOKED_RECORD } from '../../../../src/lib/dkim/record.js';
import { look, type SelectorAnswers } from '../../../../src/lib/dkim/rotation/look.js';

let ours: string;
let print: string;
let foreign: string;
beforeAll(async () => {
  const [own, other] = await Promise.all([generatePair(), generatePair()]);
  [ours, print, foreign] = [recordValue(own.publicKey), fingerprint(own.publicKey), recordValue(other.publicKey)];
});

type Said = string[] | 'none' | 'unknown';

/** The answers of two name servers and of some resolvers. */
const seen = (ofZone: Said[], resolvers: Said[], more: Partial<SelectorAnswers> = {}): SelectorAnswers => {
  const one = (role: 'authoritative' | 'resolver') => (said: Said, index: number) => ({
    server: `${role} ${index + 1}`,
    role,
    ttl: Array.isArray(said) ? 3600 : undefined,
    answer:
      said === 'none'
        ? ({ kind: 'none', reason: 'the name does not exist' } as const)
        : said === 'unknown'
          ? ({ kind: 'unknown', reason: 'no answer in time' } as const)
          : ({ kind: 'found', values: said } as const),
  });
  return {
    negativeTtl: 600,
    answers: [...ofZone.map(one('authoritative')), ...resolvers.map(one('resolver'))],
    ...more,
  };
};
const judged = (ofZone: Said[], resolvers: Said[]) => look(seen(ofZone, resolvers), print);

describe('what DNS says of a key', () => {
  it('[R93] is right when every name server of the zone and two resolvers answer with it', () => {
    const right = judged([[ours], [ours]], [[ours], [ours]]);
    expect(right).toMatchObject({ authoritative: { kind: 'right' }, everywhere: { kind: 'right' } });
    expect(judged([[ours], [ours]], [[ours], [ours], 'unknown']).everywhere).toEqual({ kind: 'right' });
  });

  it('[R93] is unknown, and not right, while a server does not answer or too few resolvers do', () => {
    expect(judged([[ours], 'unknown'], [[ours], [ours]])).toMatchObject({
      authoritative: { kind: 'unknown', reasons: ['authoritative 2: no answer in time'] },
      everywhere: { kind: 'unknown' },
    });
    expect(judged([[ours]], [[ours], 'unknown']).everywhere).toEqual({
      kind: 'unknown',
      reasons: ['resolver 2: no answer in time'],
    });
    expect(judged([[ours]], [[ours]]).everywhere).toMatchObject({ kind: 'unknown' });
    expect(look(seen([], [[ours], [ours]], { reason: 'no server of the zone answers' }), print)).toMatchObject({
      authoritative: { kind: 'unknown', reasons: ['no server of the zone answers'] },
      everywhere: { kind: 'unknown' },
      withdrawn: { kind: 'unknown' },
    });
  });

  it('is absent as long as one server has nothing yet', () => {
    expect(judged([[ours], 'none'], []).authoritative).toEqual({
      kind: 'absent',
      reasons: ['authoritative 2: the name does not exist'],
    });
    expect(judged([[ours], [ours]], [[ours], 'none']).everywhere).toMatchObject({ kind: 'absent' });
  });

  it('[R62] is wrong with another key, two records, a revoked key, one that only tests, or one that is cut', () => {
    const reason = (values: string[]) => {
      const { authoritative } = judged([[ours], values], [[ours], [ours]]);
      return authoritative.kind === 'wrong' ? authoritative.reasons : authoritative.kind;
    };
    expect(reason([foreign])).toEqual(['authoritative 2: it has another key']);
    expect(reason([ours, foreign])).toEqual([
      'authoritative 2: it has 2 TXT records, and verifiers disagree about which counts',
    ]);
    expect(reason([REVOKED_RECORD])).toEqual(['authoritative 2: its tag p is empty: the key is revoked']);
    expect(reason([`${ours}; t=y`])).toEqual(['authoritative 2: its tag t=y says that the domain only tests']);
    expect(reason([ours.slice(0, 255)])).toEqual(['authoritative 2: its tag p is not base64, or was cut']);
  });

  it('is wrong rather than absent or unknown, where servers disagree', () => {
    expect(judged([[foreign], 'none'], ['unknown']).everywhere).toMatchObject({ kind: 'wrong' });
    expect(judged(['unknown', 'none'], []).authoritative).toMatchObject({ kind: 'absent' });
  });

  it('is withdrawn when the servers of the zone have it as revoked, or not at all', () => {
    expect(judged([[REVOKED_RECORD], 'none'], [[ours]]).withdrawn).toEqual({ kind: 'right' });
    expect(judged([[REVOKED_RECORD], [ours]], []).withdrawn).toEqual({
      kind: 'wrong',
      reasons: ['authoritative 2: still has a key'],
    });
    expect(judged([[REVOKED_RECORD], 'unknown'], []).withdrawn).toMatchObject({ kind: 'unknown' });
  });

  it('must hold for as long as any cache may remember: the longest time to live, or that of a missing name', () => {
    expect(judged([[ours]], [[ours]]).hold).toBe(3600);
    expect(look(seen([[ours]], [], { negativeTtl: 86_400 }), print).hold).toBe(86_400);
    expect(look(seen(['none'], [], { negativeTtl: undefined }), print).hold).toBe(3600);
  });
});
