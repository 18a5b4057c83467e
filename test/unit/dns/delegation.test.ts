import { describe, expect, it } from 'vitest';
import { judgeDelegation } from '../../../src/lib/dns/check/delegation.js';
import type { Question } from '../../../src/lib/dns/message.js';
import { dnsSurvey } from '../../../src/lib/dns/survey.js';
import { AUTHORITATIVE_ANSWER, a, ns, soa, worldOf, type Says } from './name-servers.js';

const RESOLVER = '203.0.113.1';
const ABOVE = ['192.0.2.1', '192.0.2.2'];
const NS1 = '192.0.2.53';
const NS2 = '198.51.100.53';
const OWN = [ns('example.com', 'ns1.example.com'), ns('example.com', 'ns2.example.com')];

/** The zone com with two servers, which refer to two servers of example.com; but for what `extra` says. */
function delegation(extra: (server: string, question: Question) => Says | 'silence' | undefined = () => undefined) {
  const world = worldOf((server, question) => {
    const said = extra(server, question);
    if (said !== undefined) return said === 'silence' ? undefined : said;
    const { type, name } = question;
    if (ABOVE.includes(server))
      return { authorities: OWN, additionals: [a('ns1.example.com', NS1), a('ns2.example.com', NS2)] };
    if (server !== RESOLVER) return { flags: AUTHORITATIVE_ANSWER, answers: OWN };
    if (name === 'com')
      return { answers: type === 'SOA' ? [soa('com')] : ABOVE.map((_, at) => ns('com', `${at}.nic.example`)) };
    const at = ['0.nic.example', '1.nic.example'].indexOf(name);
    return at < 0 ? { authorities: [soa('example.com')], code: 3 } : { answers: [a(name, ABOVE[at] ?? '')] };
  });
  const survey = dnsSurvey([RESOLVER], { ask: world.ask, ipv6: false });
  return { found: survey.delegation('example.com'), asked: world.asked };
}

const codes = async (extra?: Parameters<typeof delegation>[0]): Promise<string[]> =>
  judgeDelegation(await delegation(extra).found).map(({ code }) => code);

describe('the delegation of a zone', () => {
  it('is what the zone above says, and each server that it names is asked at the address that came with it', async () => {
    const { found, asked } = delegation();
    expect(await found).toEqual({
      zone: 'example.com',
      above: { kind: 'found', values: ['ns1.example.com', 'ns2.example.com'] },
      by: '0.nic.example (192.0.2.1)',
      servers: [
        ['ns1.example.com', NS1],
        ['ns2.example.com', NS2],
      ].map(([host, address]) => ({
        server: `${host} (${address})`,
        answer: { kind: 'found', values: ['ns1.example.com', 'ns2.example.com'] },
        lame: false,
      })),
    });
    expect(asked.filter((question) => question.startsWith(NS1))).toEqual([`${NS1} NS example.com (no recursion)`]);
    expect(await codes()).toEqual([]);
  });

  it('is asked of the next server of the zone above where one says nothing', async () => {
    expect(await codes((server) => (server === ABOVE[0] ? 'silence' : undefined))).toEqual([]);
    expect(await codes((server) => (ABOVE.includes(server) ? 'silence' : undefined))).toEqual([
      'delegation-undetermined',
    ]);
  });

  it('is lame where a server refuses, or only says who else to ask; a silent one or one that fails is not known to be', async () => {
    const second = (says: Says | 'silence') => codes((server) => (server === NS2 ? says : undefined));
    expect(await second({ code: 5 })).toEqual(['delegation-lame']);
    expect(await second({ authorities: [ns('com', '0.nic.example')] })).toEqual(['delegation-lame']);
    expect(await second({ code: 2 })).toEqual(['name-server-silent']);
    expect(await second('silence')).toEqual(['name-server-silent']);
  });

  it('is another one where the zone names a server more or less', async () => {
    const own = (...names: string[]) =>
      codes((server) =>
        server === NS1 || server === NS2
          ? { flags: AUTHORITATIVE_ANSWER, answers: names.map((name) => ns('example.com', name)) }
          : undefined,
      );
    expect(await own('ns1.example.com')).toEqual(['delegation-differs']);
    expect(await own('ns1.example.com', 'ns2.example.com', 'ns3.example.com')).toEqual(['delegation-differs']);
    expect(await own('NS2.example.com', 'NS1.example.com')).toEqual([]);
  });

  it('is missing only where a server of the zone above says so for sure', async () => {
    const above = (says: Says) => codes((server) => (ABOVE.includes(server) ? says : undefined));
    expect(await above({ code: 3, flags: AUTHORITATIVE_ANSWER, authorities: [soa('com')] })).toEqual([
      'delegation-missing',
    ]);
    expect(await above({ code: 3, authorities: [soa('com')] })).toEqual(['delegation-undetermined']);
    expect(await above({ code: 2 })).toEqual(['delegation-undetermined']);
  });
});
