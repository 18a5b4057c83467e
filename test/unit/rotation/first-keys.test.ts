import { describe, expect, it } from 'vitest';
import type { DnsSurvey, NameView, ServerAnswer } from '../../../src/lib/dns/survey.js';
import { firstKeysInDns } from '../../../src/lib/rotation/first-keys.js';

type Answer = ServerAnswer<string>['answer'];

/** DNS in which both name servers of the zone say this of each name. */
const survey = (answers: Readonly<Record<string, Answer | undefined>>): DnsSurvey => {
  const txt = async (name: string): Promise<NameView<string>> => {
    const answer = answers[name];
    const servers = answer === undefined ? [] : ['ns1', 'ns2'];
    return {
      name,
      type: 'TXT',
      zone: undefined,
      negativeTtl: 60,
      answers: servers.map((server) => ({ server, role: 'authoritative', answer: answer as Answer, ttl: 60 })),
      ...(answer === undefined && { reason: 'no name server was found' }),
    } as NameView<string>;
  };
  return { txt } as unknown as DnsSurvey;
};

describe('what DNS has where a first key would go', () => {
  it('is a key of before, also one that was revoked; or nothing; or it is not known', async () => {
    const dns = survey({
      'mail._domainkey.mail1.example.com': { kind: 'found', values: ['v=DKIM1; k=rsa; p='] },
      'mail._domainkey.mail2.example.com': { kind: 'none', reason: 'the name does not exist' },
      'mail._domainkey.mail3.example.com': { kind: 'unknown', reason: 'no answer in time' },
    });
    const domains = [1, 2, 3, 4].map((index) => `mail${index}.example.com`);
    expect(await firstKeysInDns(domains, dns)).toEqual({
      published: ['mail._domainkey.mail1.example.com'],
      unknown: [
        'mail._domainkey.mail3.example.com (ns1: no answer in time; ns2: no answer in time)',
        'mail._domainkey.mail4.example.com (no name server was found)',
      ],
    });
  });
});
