import { describe, expect, it } from 'vitest';
import { differences, unpublished, type Difference, type Obsolete } from '../../../src/lib/dns/diff.js';
import { showDifferences } from '../../../src/lib/dns/formats/differences.js';
import { recordSet } from '../../../src/lib/dns/record-set.js';
import { valueOf } from '../../../src/lib/dns/records.js';
import type { CaaProperty, MailExchange } from '../../../src/lib/dns/values.js';
import type { DnsSurvey, NameView, ServerAnswer } from '../../../src/lib/dns/view.js';
import { dnsSettings, publications } from './settings.js';

const set = recordSet(dnsSettings(2), publications(dnsSettings(2)));
const SERVERS = ['ns1', 'ns2'] as const;

/** What one server says in the place of what is right: values; nothing at all; no answer; or what the name is an alias of. */
type Said = readonly string[] | 'silent' | { readonly alias: string; readonly values: readonly string[] };
type Planted = Readonly<Record<string, Partial<Record<(typeof SERVERS)[number], Said>>>>;
const everywhere = (said: Said) => ({ ns1: said, ns2: said });

/** A survey of two name servers that answer as the set says, but for what is planted at `TYPE name`. */
function surveyOf(planted: Planted): DnsSurvey {
  const right = new Map<string, string[]>();
  for (const record of [...set.records, ...set.reverse]) {
    const key = `${record.type} ${record.type === 'PTR' ? record.ip : record.name}`;
    const value = record.type === 'MX' ? `${record.preference} ${valueOf(record)}` : valueOf(record);
    right.set(key, [...(right.get(key) ?? []), value]);
  }
  const view = <Value>(
    type: NameView['type'],
    name: string,
    read: (text: string) => Value,
  ): Promise<NameView<Value>> => {
    const answers = SERVERS.map((server): ServerAnswer<Value> => {
      const said = planted[`${type} ${name}`]?.[server] ?? right.get(`${type} ${name}`) ?? [];
      const common = { server, role: 'authoritative' as const, ttl: 60 };
      if (said === 'silent') return { ...common, answer: { kind: 'unknown', reason: 'no answer in time' } };
      const values = 'alias' in said ? said.values : said;
      if (values.length === 0) return { ...common, answer: { kind: 'none', reason: 'it has no such record' } };
      const alias = 'alias' in said ? { alias: said.alias } : {};
      return { ...common, ...alias, answer: { kind: 'found', values: values.map(read) } };
    });
    return Promise.resolve({ name, type, zone: 'example.com', negativeTtl: 60, answers });
  };
  const text = (value: string): string => value;
  const exchange = (value: string): MailExchange => {
    const [priority = '', host = ''] = value.split(' ');
    return { priority: Number(priority), exchange: host === '.' ? '' : host };
  };
  const property = (value: string): CaaProperty => ({
    critical: false,
    tag: 'issue',
    value: value.split('"')[1] ?? '',
  });
  return {
    resolvers: ['9.9.9.9'],
    a: (name) => view('A', name, text),
    aaaa: (name) => view('AAAA', name, text),
    cname: (name) => view('CNAME', name, text),
    ptr: (address) => view('PTR', address, text),
    mx: (name) => view('MX', name, exchange),
    txt: (name) => view('TXT', name, text),
    caa: (name) => view('CAA', name, property),
    delegation: () => Promise.reject(new Error('not asked')),
  };
}

const open = async (planted: Planted, obsolete: readonly Obsolete[] = []): Promise<Difference[]> =>
  (await differences(set, obsolete, surveyOf(planted))).filter(({ action }) => action !== 'none');

const SPF = 'TXT mail1.example.com';
const KEY = 'TXT mail._domainkey.mail2.example.com';

describe('what is still to be published', () => {
  it('is nothing where DNS answers with every record', async () => {
    expect(await open({})).toEqual([]);
    expect(showDifferences(await differences(set, [], surveyOf({})))).toBe('All 20 records are as they should be.');
  });

  it('is a record that no name server has, and one that has another value', async () => {
    expect(
      await open({ 'A mail1.example.com': everywhere([]), 'PTR 192.0.2.12': everywhere(['host.isp.example']) }),
    ).toEqual([
      { type: 'A', name: 'mail1.example.com', action: 'add', wanted: '192.0.2.11' },
      {
        ...{ type: 'PTR', name: '192.0.2.12', action: 'change', wanted: 'mail2.example.com' },
        ...{ found: ['host.isp.example'], servers: ['ns1', 'ns2'] },
      },
    ]);
  });

  it('is a record that one of the name servers is missing, and names that one', async () => {
    expect(await open({ [SPF]: { ns2: [] } })).toEqual([
      {
        ...{ type: 'TXT', name: 'mail1.example.com', action: 'change' },
        ...{ wanted: 'v=spf1 ip4:192.0.2.11 -all', found: [], servers: ['ns2'] },
      },
    ]);
  });

  it('is to be added also where one of the servers that would know gives no answer', async () => {
    expect(await open({ 'A mail1.example.com': { ns1: 'silent', ns2: [] } })).toMatchObject([{ action: 'add' }]);
  });

  it('[R93] is unknown where a server gives no answer, and never good', async () => {
    expect(await open({ [KEY]: { ns1: 'silent' } })).toEqual([
      expect.objectContaining({
        action: 'unknown',
        name: 'mail._domainkey.mail2.example.com',
        reason: 'ns1: no answer in time',
      }),
    ]);
  });

  it('[R93] counts a second record of the same kind, and not a text that has nothing to do with mail', async () => {
    const spf = 'v=spf1 ip4:192.0.2.11 -all';
    expect(await open({ [SPF]: everywhere([spf, 'site-verification=1']) })).toEqual([]);
    expect(await open({ [SPF]: everywhere([spf, 'v=spf1 +all']) })).toMatchObject([
      { action: 'change', found: ['v=spf1 +all'] },
    ]);
    const [key] = publications(dnsSettings(2)).slice(1);
    expect(await open({ [KEY]: everywhere([key?.record ?? '', 'anything']) })).toMatchObject([{ found: ['anything'] }]);
  });

  it('does not mind blanks around tags, capitals of names, or other authorities', async () => {
    const dmarc = 'v=DMARC1;p=none; rua=mailto:postmaster@example.com;np=reject;';
    expect(
      await open({
        'TXT _dmarc.example.com': everywhere([dmarc]),
        'MX mail1.example.com': everywhere(['10 MAIL1.example.com']),
        'CAA example.com': everywhere(['0 issue "letsencrypt.org"', '0 issue "pki.goog"']),
      }),
    ).toEqual([]);
  });

  it('is an address that is only an alias, since a host of mail must have its own', async () => {
    const alias = { alias: 'web.example.net', values: ['192.0.2.11'] };
    expect(await open({ 'A mail1.example.com': everywhere(alias) })).toMatchObject([
      { action: 'change', found: ['CNAME web.example.net'] },
    ]);
    const key = { alias: 'key.example.net', values: [publications(dnsSettings(2))[1]?.record ?? ''] };
    expect(await open({ [KEY]: everywhere(key) })).toEqual([]);
  });

  it('is to be removed where a selector that is out of use still has a key', async () => {
    const obsolete: Obsolete = { type: 'TXT', name: 's1._domainkey.mail1.example.com', reason: 'it is out of use' };
    expect(await open({}, [obsolete])).toEqual([]);
    const planted = { 'TXT s1._domainkey.mail1.example.com': everywhere(['v=DKIM1; p=']) };
    expect(await open(planted, [obsolete])).toEqual([{ ...obsolete, action: 'remove', found: ['v=DKIM1; p='] }]);
  });

  it('is never to put a revoked key back: nothing to add, and why', async () => {
    const planted = { [KEY]: everywhere(['v=DKIM1; k=rsa; p=']) };
    expect(await open(planted)).toEqual([
      {
        ...{ type: 'TXT', name: 'mail._domainkey.mail2.example.com', action: 'unknown', wanted: null },
        reason: expect.stringMatching(
          /^the key was revoked, and a revoked key is never put back\..*--domain mail2\.example\.com/,
        ) as string,
      },
    ]);
    expect(unpublished(set, await differences(set, [], surveyOf(planted))).records).toEqual([]);
  });

  it('is not known of a key that could not be read, and of nothing else', async () => {
    const unread = { domain: 'mail2.example.com', selector: 's2', reason: 'It is missing. Bring it back.' };
    const keys = publications(dnsSettings(2));
    const found = await differences(recordSet(dnsSettings(2), keys, [unread]), [], surveyOf({}));
    expect(found.filter(({ action }) => action !== 'none')).toEqual([
      {
        ...{ type: 'TXT', name: 's2._domainkey.mail2.example.com', action: 'unknown', wanted: null },
        reason: 'It is missing. Bring it back.',
      },
    ]);
  });

  it('can be had as a set of its own, with nothing that is there already', async () => {
    const found = await differences(
      set,
      [],
      surveyOf({ [SPF]: everywhere([]), 'PTR 192.0.2.12': everywhere([]), [KEY]: { ns1: 'silent' } }),
    );
    const rest = unpublished(set, found);
    expect(rest.records.map(({ type, name }) => `${type} ${name}`)).toEqual([SPF]);
    expect(rest.reverse.map(({ ip }) => ip)).toEqual(['192.0.2.12']);
  });

  it('is shown with each value on a line of its own', async () => {
    const planted = {
      'A mail1.example.com': everywhere([]),
      [SPF]: { ns2: ['v=spf1 +all'] },
      'A api.example.com': { ns1: 'silent' as const },
    };
    expect(showDifferences(await differences(set, [], surveyOf(planted)))).toBe(`add A mail1.example.com
    192.0.2.11
change TXT mail1.example.com
    v=spf1 ip4:192.0.2.11 -all
  at ns2 there is
    v=spf1 +all
unknown A api.example.com: ns1: no answer in time
17 records are as they should be.`);
  });
});
