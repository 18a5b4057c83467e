import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMATS, render } from '../../../src/lib/dns/formats/format.js';
import { recordSet, type RecordSet } from '../../../src/lib/dns/record-set.js';
import { dnsSettings, publications } from './settings.js';

const build = (count: number): RecordSet => recordSet(dnsSettings(count), publications(dnsSettings(count)));
const one = build(1);
const DKIM_FIRST = `v=DKIM1; k=rsa; p=${'A'.repeat(237)}`;
const DKIM_SECOND = `${'A'.repeat(151)}BBB1`;

const ZONE = [
  'mail1.example.com. 3600 IN A 192.0.2.11',
  'mail1.example.com. 3600 IN MX 10 mail1.example.com.',
  'mail1.example.com. 3600 IN TXT "v=spf1 ip4:192.0.2.11 -all"',
  `mail._domainkey.mail1.example.com. 3600 IN TXT "${DKIM_FIRST}" "${DKIM_SECOND}"`,
  '_dmarc.example.com. 3600 IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@example.com; np=reject"',
  '_smtp._tls.mail1.example.com. 3600 IN TXT "v=TLSRPTv1; rua=mailto:postmaster@example.com"',
  'panel.example.com. 3600 IN A 198.51.100.1',
  'panel.example.com. 3600 IN TXT "v=spf1 -all"',
  'panel.example.com. 3600 IN MX 0 .',
  'api.example.com. 3600 IN A 198.51.100.3',
  'api.example.com. 3600 IN TXT "v=spf1 -all"',
  'api.example.com. 3600 IN MX 0 .',
  'example.com. 3600 IN CAA 0 issue "letsencrypt.org"',
];

describe('the bind format', () => {
  it('[R90] has absolute names, and long texts in strings of at most 255 octets', () => {
    expect(
      render(one, 'bind')
        .split('\n')
        .filter((line) => !line.startsWith('; ')),
    ).toEqual([...ZONE, '11.2.0.192.in-addr.arpa. 3600 IN PTR mail1.example.com.', '']);
  });

  it('parts the zones', () => {
    const text = render(one, 'bind');
    expect(text).toContain('; zone example.com\nmail1.example.com. 3600 IN A');
    expect(text).toContain('; reverse zones\n11.2.0.192.in-addr.arpa.');
    expect(text).not.toContain('; other zones');

    const settings = { ...dnsSettings(1), mailwizz: { panelDomain: 'panel.example.org' } };
    expect(render(recordSet(settings, publications(settings)), 'bind')).toContain(
      '; other zones\npanel.example.org. 3600 IN A 198.51.100.1\npanel.example.org. 3600 IN TXT "v=spf1 -all"\npanel.example.org. 3600 IN MX 0 .\npanel.example.org. 3600 IN CAA 0 issue "letsencrypt.org"\n; reverse',
    );
  });
});

describe('the cloudflare format', () => {
  it('[R90] has the zone alone, no comment lines, and no address behind the proxy', () => {
    expect(render(one, 'cloudflare')).toBe(
      ZONE.map((line) => `${line}${line.includes(' A ') ? ' ; cf_tags=cf-proxied:false' : ''}\n`).join(''),
    );
  });

  it('leaves out what belongs to another zone', () => {
    const settings = { ...dnsSettings(1), engine: { domain: 'api.example.org' } };
    expect(render(recordSet(settings, publications(settings)), 'cloudflare')).not.toContain('example.org');
  });
});

describe('the csv format', () => {
  it('[R90] has a header, a row a record, CRLF, no comments, and long texts whole', () => {
    const rows = render(one, 'csv').split('\r\n');
    expect(rows).toEqual([
      'type,name,ttl,priority,value',
      'A,mail1.example.com,3600,,192.0.2.11',
      'MX,mail1.example.com,3600,10,mail1.example.com',
      'TXT,mail1.example.com,3600,,v=spf1 ip4:192.0.2.11 -all',
      `TXT,mail._domainkey.mail1.example.com,3600,,${DKIM_FIRST}${DKIM_SECOND}`,
      'TXT,_dmarc.example.com,3600,,v=DMARC1; p=none; rua=mailto:postmaster@example.com; np=reject',
      'TXT,_smtp._tls.mail1.example.com,3600,,v=TLSRPTv1; rua=mailto:postmaster@example.com',
      'A,panel.example.com,3600,,198.51.100.1',
      'TXT,panel.example.com,3600,,v=spf1 -all',
      'MX,panel.example.com,3600,0,.',
      'A,api.example.com,3600,,198.51.100.3',
      'TXT,api.example.com,3600,,v=spf1 -all',
      'MX,api.example.com,3600,0,.',
      'CAA,example.com,3600,,"0 issue ""letsencrypt.org"""',
      'PTR,11.2.0.192.in-addr.arpa,3600,,mail1.example.com',
      '',
    ]);
  });
});

describe('the json format', () => {
  it('has the whole value and its strings, and the reverse names apart', () => {
    const { zone, records, reverse, notes } = JSON.parse(render(one, 'json')) as Record<string, unknown[]>;
    expect(zone).toBe('example.com');
    expect(records?.[1]).toEqual({
      type: 'MX',
      name: 'mail1.example.com',
      ttl: 3600,
      value: 'mail1.example.com',
      priority: 10,
      purpose: 'bounces and complaints come back here',
    });
    expect(records?.[3]).toMatchObject({ value: DKIM_FIRST + DKIM_SECOND, strings: [DKIM_FIRST, DKIM_SECOND] });
    expect(reverse).toEqual([
      { ip: '192.0.2.11', name: '11.2.0.192.in-addr.arpa', ttl: 3600, target: 'mail1.example.com' },
    ]);
    expect(notes?.[0]).toMatch(/AAAA/);
  });
});

describe('the table', () => {
  it('aligns its columns and ends with what is deliberately absent', () => {
    const text = render(one, 'table').split('\n');
    expect(text.slice(0, 3)).toEqual([
      'TYPE  NAME                               TTL   VALUE',
      'A     mail1.example.com                  3600  192.0.2.11',
      'MX    mail1.example.com                  3600  10 mail1.example.com',
    ]);
    expect(text).toContain('PTR   192.0.2.11                         3600  mail1.example.com');
    expect(text.find((line) => line.startsWith('- '))).toMatch(/^- AAAA records are intentionally absent/);
  });
});

describe('every format', () => {
  it('[R87] holds only values that come from the settings and the keys', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.constantFrom(...FORMATS), (count, format) => {
        expect(render(build(count), format)).not.toMatch(/CHANGE_ME|YOUR_|undefined|null|NaN|<[A-Za-z_]+>|\[object/i);
      }),
      { numRuns: 25 },
    );
  });
});
