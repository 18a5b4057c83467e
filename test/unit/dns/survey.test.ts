import { describe, expect, it } from 'vitest';
import { dnsSurvey } from '../../../src/lib/dns/survey.js';
import type { Question } from '../../../src/lib/dns/message.js';
import { AUTHORITATIVE_ANSWER, a, cname, ns, soa, txt, worldOf, type Says } from './name-servers.js';

const NS1 = '192.0.2.53';
const NS2 = '198.51.100.53';
const RESOLVERS = ['203.0.113.1', '203.0.113.2'];
const KEY = 'mail._domainkey.mail1.example.com';

/** The zone example.com with two name servers, as the resolvers and each of the two know it. */
function example(extra: (server: string, question: Question) => Says | 'silence' | undefined = () => undefined) {
  return worldOf((server, question) => {
    const said = extra(server, question);
    if (said !== undefined) return said === 'silence' ? undefined : said;
    const authoritative = server === NS1 || server === NS2;
    const flags = authoritative ? AUTHORITATIVE_ANSWER : 0;
    const key = `${question.type} ${question.name}`;
    const records = {
      'NS example.com': [ns('example.com', 'ns2.example.com'), ns('example.com', 'ns1.example.com')],
      'A ns1.example.com': [a('ns1.example.com', NS1)],
      'A ns2.example.com': [a('ns2.example.com', NS2)],
      'SOA example.com': [soa('example.com')],
      [`TXT ${KEY}`]: [txt(KEY, 'v=DKIM1; p=AB', 'CD')],
    }[key];
    return records ? { flags, answers: records } : { flags, authorities: [soa('example.com')], code: 3 };
  });
}

describe('dnsSurvey', () => {
  it('asks every name server of the zone and every resolver directly', async () => {
    const world = example();
    const view = await dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false }).txt(KEY);
    const answer = { kind: 'found', values: ['v=DKIM1; p=ABCD'] };
    expect(view).toEqual({
      name: KEY,
      type: 'TXT',
      zone: 'example.com',
      negativeTtl: 300,
      answers: [
        { server: 'ns1.example.com (192.0.2.53)', role: 'authoritative', answer, ttl: 600 },
        { server: 'ns2.example.com (198.51.100.53)', role: 'authoritative', answer, ttl: 600 },
        { server: '203.0.113.1', role: 'resolver', answer, ttl: 600 },
        { server: '203.0.113.2', role: 'resolver', answer, ttl: 600 },
      ],
    });
    expect(world.asked).toContain(`${NS1} TXT ${KEY} (no recursion)`);
  });

  it('never asks a resolver about a name that the name servers were to be asked about alone', async () => {
    const world = example();
    const view = await dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false }).txt(KEY, { ask: 'authoritative' });
    expect(view.answers.map(({ role }) => role)).toEqual(['authoritative', 'authoritative']);
    const resolvers = world.asked.filter((question) => RESOLVERS.some((server) => question.startsWith(server)));
    expect(resolvers.join('\n')).not.toContain('mail1.example.com');
  });

  it('follows the referral to a zone below, and leaves out who only refers', async () => {
    const world = example((server, { type, name }) => {
      if (type === 'NS' && name === 'mail1.example.com') return { answers: [ns(name, 'ns.mail1.example.com')] };
      if (type === 'A' && name === 'ns.mail1.example.com') return { answers: [a(name, '192.0.2.99')] };
      if (!name.endsWith('mail1.example.com') || RESOLVERS.includes(server)) return undefined;
      if (server !== '192.0.2.99') return { authorities: [ns('mail1.example.com', 'ns.mail1.example.com')] };
      if (type === 'SOA') return { flags: AUTHORITATIVE_ANSWER, answers: [soa('mail1.example.com', { minimum: 5 })] };
      return { flags: AUTHORITATIVE_ANSWER, answers: [txt(KEY, 'v=DKIM1; p=AB', 'CD')] };
    });
    const survey = dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false });
    const view = await survey.txt(KEY);
    expect(view).toMatchObject({ zone: 'mail1.example.com', negativeTtl: 5 });
    expect(view.answers.map(({ server }) => server)).toEqual(['ns.mail1.example.com (192.0.2.99)', ...RESOLVERS]);
    expect((await survey.txt('example.com')).zone).toBe('example.com');
  });

  it('begins the way to a reverse name at its network', async () => {
    const zone = '2.0.192.in-addr.arpa';
    const world = worldOf((server, { type, name }) => {
      const flags = server === NS1 ? AUTHORITATIVE_ANSWER : 0;
      if (type === 'SOA' && name === zone) return { flags, answers: [soa(zone)] };
      if (type === 'NS' && name === zone) return { answers: [ns(zone, 'ns.provider.example')] };
      if (type === 'A') return { answers: [a(name, NS1)] };
      return { flags, answers: [{ type: 'PTR', name, ttl: 60, data: 'Mail1.Example.com' }] };
    });
    const view = await dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false }).ptr('192.0.2.7');
    expect(view).toMatchObject({ name: '7.2.0.192.in-addr.arpa', zone });
    expect(view.answers.map(({ answer }) => answer)).toEqual(
      Array(3).fill({ kind: 'found', values: ['mail1.example.com'] }),
    );
  });

  it('finds the zone once, and puts no question twice', async () => {
    const world = example();
    const survey = dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false });
    await Promise.all([survey.txt(KEY), survey.txt(KEY), survey.txt(KEY.toUpperCase()), survey.mx('example.com')]);
    expect(new Set(world.asked).size).toBe(world.asked.length);
    expect(world.asked.filter((question) => question.includes(' NS '))).toEqual([`${RESOLVERS[0]} NS example.com`]);
  });

  it('gives what resolvers keep a missing record for: the lesser of the SOA record’s TTL and its minimum', async () => {
    const zone = (minimum: number, ttl: number) =>
      example((_server, { type, name }) =>
        type === 'SOA' && name === 'example.com'
          ? { flags: AUTHORITATIVE_ANSWER, answers: [soa('example.com', { minimum, ttl })] }
          : undefined,
      );
    const negative = async (world: ReturnType<typeof example>) =>
      (await dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false }).txt(KEY)).negativeTtl;
    expect(await negative(zone(900, 60))).toBe(60);
    expect(await negative(zone(900, 86_400))).toBe(900);
  });

  it.each([
    ['silence', 'silence' as const, /no answer in time/],
    ['SERVFAIL', { code: 2 }, /SERVFAIL/],
    ['REFUSED', { code: 5 }, /refused/],
    ['an answer without authority', { authorities: [ns('example.com', 'ns1.example.com')] }, /lame/],
    ['a missing name without authority', { code: 3 }, /lame/],
  ])('does not take %s of a name server for an answer', async (_what, says, reason) => {
    const world = example((server) => (server === NS2 ? says : undefined));
    const { answers } = await dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false }).txt(KEY);
    expect(answers.map(({ answer }) => answer.kind)).toEqual(['found', 'unknown', 'found', 'found']);
    expect(answers[1]?.answer).toEqual({ kind: 'unknown', reason: expect.stringMatching(reason) as string });
  });

  it('knows a name that does not exist, and one without such a record', async () => {
    const world = example((_server, { type }) =>
      type === 'MX' ? { flags: AUTHORITATIVE_ANSWER, authorities: [soa('example.com')] } : undefined,
    );
    const survey = dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false });
    const reasons = async (view: ReturnType<typeof survey.mx> | ReturnType<typeof survey.a>) =>
      new Set((await view).answers.map(({ answer }) => (answer.kind === 'none' ? answer.reason : answer.kind)));
    expect(await reasons(survey.a('nothing.example.com'))).toEqual(new Set(['the name does not exist']));
    expect(await reasons(survey.mx('example.com'))).toEqual(new Set(['it has no such record']));
  });

  it('says of a name server without an address that it could not be asked', async () => {
    const world = example((_server, { type, name }) =>
      type === 'A' && name === 'ns2.example.com' ? { code: 3, authorities: [soa('example.com')] } : undefined,
    );
    const { answers } = await dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false }).txt(KEY);
    expect(answers[1]).toMatchObject({
      server: 'ns2.example.com',
      answer: { kind: 'unknown', reason: 'its address could not be found: the name does not exist' },
    });
  });

  it('says why the name servers could not be found, and still asks the resolvers', async () => {
    const world = example((server, { type }) =>
      type === 'SOA' && RESOLVERS.includes(server) ? { code: 2 } : undefined,
    );
    const view = await dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false }).txt(KEY);
    expect(view.zone).toBeUndefined();
    expect(view.reason).toMatch(/zone of example\.com could not be found: .*SERVFAIL/);
    expect(view.answers.map(({ role }) => role)).toEqual(['resolver', 'resolver']);
  });

  it('finds the name servers by the second resolver when the first one does not answer', async () => {
    const world = example((server) => (server === RESOLVERS[0] ? 'silence' : undefined));
    const { answers } = await dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false }).txt(KEY);
    expect(answers.map(({ answer }) => answer.kind)).toEqual(['found', 'found', 'unknown', 'found']);
  });

  it('follows an alias into another zone, and asks the name servers of that one', async () => {
    const target = 'key1.keys.example.net';
    const world = worldOf((server, { type, name }) => {
      const inZone = server === NS1 ? 'example.com' : server === NS2 ? 'example.net' : undefined;
      const flags = inZone ? AUTHORITATIVE_ANSWER : 0;
      const zone = name.endsWith('example.net') ? 'example.net' : 'example.com';
      if (type === 'NS') return { answers: [ns(zone, `ns.${zone}`)] };
      if (type === 'A') return { answers: [a(name, zone === 'example.com' ? NS1 : NS2)] };
      if (type === 'SOA' && name === zone) return { flags, answers: [soa(zone)] };
      if (type === 'SOA') return { authorities: [soa(zone)] };
      if (name === target) return { flags, answers: [txt(target, 'v=DKIM1; p=AAAA')] };
      const alias = cname(KEY, target, 30);
      return { flags, answers: inZone ? [alias] : [alias, txt(target, 'v=DKIM1; p=AAAA')] };
    });
    const view = await dnsSurvey([RESOLVERS[0] ?? ''], { ask: world.ask, ipv6: false }).txt(KEY);
    const answer = { kind: 'found', values: ['v=DKIM1; p=AAAA'] };
    expect(view).toMatchObject({ name: KEY, zone: 'example.com' });
    expect(view.answers).toEqual([
      { server: `ns.example.net (${NS2})`, role: 'authoritative', answer, ttl: 600, alias: target },
      { server: RESOLVERS[0], role: 'resolver', answer, ttl: 30, alias: target },
    ]);
  });

  it('asks a server that is named alone, and no other', async () => {
    const world = example();
    const view = await dnsSurvey([NS1], { ask: world.ask, only: true }).txt(KEY);
    expect(view.answers).toMatchObject([{ server: NS1, role: 'authoritative', answer: { kind: 'found' } }]);
    expect(world.asked).toEqual([`${NS1} TXT ${KEY}`]);
  });

  it('waits for a silent server three times and no more', async () => {
    const world = example((server) => (server === NS2 ? 'silence' : undefined));
    const survey = dnsSurvey(RESOLVERS, { ask: world.ask, ipv6: false });
    for (let host = 1; host <= 20; host++) await survey.a(`mail${host}.example.com`);
    expect(world.asked.filter((question) => question.startsWith(NS2))).toHaveLength(3);
  });

  it('asks nobody about a name that DNS cannot hold', async () => {
    const world = example();
    const { answers } = await dnsSurvey(RESOLVERS, { ask: world.ask }).txt(`${'x'.repeat(64)}.example.com`);
    expect(answers[0]?.answer).toEqual({ kind: 'none', reason: 'it is no name that DNS can hold' });
    expect(world.asked).toEqual([]);
  });
});
