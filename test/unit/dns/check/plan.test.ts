import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planChecks, checksAbout, type CheckSubject } from '../../../../src/lib/dns/check/plan.js';
import { runChecks } from '../../../../src/lib/dns/check/run.js';
import type { ReadKey } from '../../../../src/lib/dns/check/dkim.js';
import { lookingAt } from '../../../../src/lib/dns/check/looking.js';
import type { Greet } from '../../../../src/lib/dns/mail-port.js';
import { recordSet } from '../../../../src/lib/dns/record-set.js';
import { valueOf, type DnsRecord } from '../../../../src/lib/dns/records.js';
import type { QueryType } from '../../../../src/lib/dns/values.js';
import { dnsSettings, publications } from '../settings.js';
import { AUTHORITATIVE_ANSWER, a as aRecord, ns, soa, worldOf } from '../name-servers.js';
import type { Answer as PacketRecord } from 'dns-packet';

const readKey: ReadKey = ([record, ...others]) =>
  record === undefined
    ? { kind: 'missing' }
    : others.length > 0
      ? { kind: 'several', count: others.length + 1 }
      : { kind: 'key', record, testing: false };

function subjectOf(count: number): CheckSubject {
  const settings = dnsSettings(count);
  const keys = publications(settings);
  return {
    settings,
    readKey,
    unread: [],
    records: recordSet(settings, keys),
    keys: keys.map((key) => ({ ...key, revoked: false })),
  };
}

/** The name server of the zone above. */
const ABOVE = '198.51.100.1';

/** Every exchange answers as it should. */
const greet: Greet = () =>
  Promise.resolve({
    kind: 'replies',
    replies: [
      { code: 220, lines: ['mail1.example.com ESMTP'] },
      { code: 250, lines: ['mail1.example.com', 'STARTTLS'] },
      ...[250, 250].map((code) => ({ code, lines: ['ok'] })),
    ],
  });

/** A world in which DNS holds exactly these records. */
function dnsWith(records: readonly DnsRecord[]) {
  const zones = ['example.com', '2.0.192.in-addr.arpa'];
  const world = worldOf((server, { type, name }) => {
    if (server === ABOVE) return { authorities: [ns('example.com', 'ns.example.net')] };
    if (name === 'com' && type === 'NS') return { answers: [ns('com', 'a.nic.example.net')] };
    if (name === 'com') return { answers: [soa('com')] };
    if (name === 'a.nic.example.net') return { answers: [aRecord(name, ABOVE)] };
    const zone = zones.find((one) => name.endsWith(one)) ?? 'example.net';
    const flags = server === '198.51.100.53' ? AUTHORITATIVE_ANSWER : 0;
    if (type === 'NS') return { flags, answers: [ns(zone, 'ns.example.net')] };
    if (name === 'ns.example.net') return { flags, answers: [aRecord(name, '198.51.100.53')] };
    if (type === 'SOA') return { flags, ...(name === zone ? { answers: [soa(zone)] } : { authorities: [soa(zone)] }) };
    const there = records.filter((record) => record.type === type && record.name === name);
    return there.length > 0
      ? { flags, answers: there.map(packetRecord) }
      : { flags, code: 3, authorities: [soa(zone)] };
  });
  return {
    look: () => lookingAt({ resolvers: ['203.0.113.1', '203.0.113.2'], ask: world.ask, greet, ipv6: false }),
    ...world,
  };
}

function packetRecord(record: DnsRecord): PacketRecord {
  const { name, ttl, type } = record;
  const data: Partial<Record<QueryType, unknown>> = {
    TXT: record.type === 'TXT' ? record.text.match(/.{1,255}/g) : undefined,
    MX: record.type === 'MX' ? { exchange: record.exchange, preference: record.preference } : undefined,
    CAA: record.type === 'CAA' ? { flags: record.flags, tag: record.tag, value: record.value } : undefined,
  };
  return { name, ttl, type, data: data[type] ?? valueOf(record) } as PacketRecord;
}

const mailbox: DnsRecord = {
  ...{ type: 'MX', name: 'example.com', ttl: 60, purpose: '' },
  preference: 10,
  exchange: 'mx.example.net',
};
const recordsOf = ({ records }: CheckSubject): DnsRecord[] => [...records.records, ...records.reverse, mailbox];
const pause = (): Promise<void> => Promise.resolve();

describe('planChecks', () => {
  it('[R89] finds the records of `ee dns records` right, whatever the number of IPs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (count) => {
        const subject = subjectOf(count);
        const { checks, totals } = await runChecks(planChecks(subject), {
          look: dnsWith(recordsOf(subject)).look,
          pause,
        });
        expect(checks.filter(({ verdict }) => verdict !== 'ok').map(({ message }) => message)).toEqual([]);
        expect(totals.ok).toBe(count * 10 + 13);
      }),
      { numRuns: 8 },
    );
  });

  it('has as many distinct checks for N hosts as for one, N times', () => {
    const perHost = (count: number): number[] => {
      const checks = planChecks(subjectOf(count));
      const ids = checks.map(({ kind, name, type }) => `${kind} ${name} ${type}`);
      expect(new Set(ids).size).toBe(ids.length);
      return dnsSettings(count).sending.identities.map(({ domain }) => checksAbout(checks, [domain]).length);
    };
    expect(new Set([...perHost(1), ...perHost(5), ...perHost(120)])).toEqual(new Set([10]));
  });

  it('finds whichever record is taken away, and names it as the one to add', async () => {
    const subject = subjectOf(3);
    const all = recordsOf(subject).filter((record) => record !== mailbox);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...all), async (gone) => {
        const rest = recordsOf(subject).filter((record) => record !== gone);
        const { checks } = await runChecks(planChecks(subject), { look: dnsWith(rest).look, pause });
        const bad = checks.filter(({ verdict }) => verdict !== 'ok');
        expect(new Set(bad.map(({ verdict }) => verdict))).toEqual(new Set(['missing']));
        expect(new Set(bad.map(({ fix }) => `${fix?.type} ${fix?.name}`))).toEqual(
          new Set([`${gone.type} ${gone.name}`]),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('finds a record of one host at another, as a copy of the first host’s would be', async () => {
    const subject = subjectOf(2);
    const [first, second] = subject.settings.sending.identities;
    const records = recordsOf(subject).map((record) =>
      record.type === 'A' && record.name === second?.domain ? { ...record, address: first?.ip ?? '' } : record,
    );
    const { checks } = await runChecks(planChecks(subject), { look: dnsWith(records).look, pause });
    const bad = checks.filter(({ verdict }) => verdict !== 'ok');
    expect(bad.map(({ host, code }) => `${host} ${code}`)).toEqual(['mail2.example.com a-wrong']);
  });

  it('checks SPF of the return path too where a sender is at another domain', async () => {
    const settings = dnsSettings(2);
    const [first, ...others] = settings.sending.identities;
    const sender = { ...first, sender: 'news@example.com' } as (typeof others)[number];
    const subject = {
      ...subjectOf(2),
      settings: { ...settings, sending: { ...settings.sending, identities: [sender, ...others] } },
    };
    const spf: DnsRecord = {
      ...{ type: 'TXT', name: 'example.com', ttl: 60, purpose: '' },
      text: 'v=spf1 ip4:192.0.2.12 -all',
    };
    const problems = async (records: DnsRecord[]): Promise<string[]> =>
      (await runChecks(planChecks(subject), { look: dnsWith(records).look, pause })).checks
        .filter(({ verdict }) => verdict !== 'ok')
        .map(({ host, name, code }) => `${host} ${name} ${code}`);
    expect(await problems(recordsOf(subject))).toEqual(['mail1.example.com example.com spf-missing']);
    expect(await problems([...recordsOf(subject), spf])).toEqual(['mail1.example.com example.com spf-not-pass']);
    expect(await problems([...recordsOf(subject), { ...spf, text: 'v=spf1 ip4:192.0.2.11 ~all' }])).toEqual([]);
  });

  it('asks no resolver about a name that the name servers do not hold', async () => {
    const subject = subjectOf(1);
    const world = dnsWith(recordsOf(subject).filter(({ name }) => !name.includes('_domainkey')));
    await runChecks(planChecks(subject), { look: world.look, pause });
    const asked = world.asked.filter((question) => question.includes('_domainkey'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((question) => question.startsWith('203.0.113.'))).toEqual([]);
  });

  it('checks what is about one host or one name, when only that is wanted', () => {
    const checks = planChecks(subjectOf(5));
    const kinds = (...names: string[]): string[] => checksAbout(checks, names).map(({ kind }) => kind);
    expect(kinds('mail2.example.com')).toEqual([
      'a',
      'ptr',
      'aaaa',
      'spf',
      'dkim',
      'dmarc',
      'mx',
      'tls-rpt',
      'mta-sts',
      'mx-port',
    ]);
    expect(kinds('mail._domainkey.mail2.example.com')).toEqual(['dkim']);
    expect(kinds('mail9.example.com')).toEqual([]);
  });

  it('[R111] asks the lists for each address and each name, only where they are wanted', () => {
    const lists = { addresses: ['zen.example'], names: ['dbl.example'] };
    const asked = planChecks({ ...subjectOf(2), blocklists: lists }).filter(({ kind }) => kind === 'blocklist');
    expect(asked.map(({ name }) => name)).toEqual([
      ...['11.2.0.192.zen.example', 'mail1.example.com.dbl.example'],
      ...['12.2.0.192.zen.example', 'mail2.example.com.dbl.example'],
    ]);
    expect(planChecks(subjectOf(2)).filter(({ kind }) => kind === 'blocklist')).toEqual([]);
  });
});
