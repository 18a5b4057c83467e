import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from '../../../src/lib/dns/formats/format.js';
import { recordSet, type RecordSet } from '../../../src/lib/dns/record-set.js';
import { valueOf } from '../../../src/lib/dns/records.js';
import { dnsSettings, publications } from './settings.js';

const lines = (set: RecordSet): string[] =>
  [...set.records, ...set.reverse].map((record) => `${record.name} ${record.type} ${valueOf(record)}`);

const build = (count: number): RecordSet => recordSet(dnsSettings(count), publications(dnsSettings(count)));

describe('the record set', () => {
  it('[R89] of one sending IP has its address, MX, SPF, DKIM, DMARC, TLS reports, reverse name, web names and CAA', () => {
    expect(lines(build(1))).toEqual([
      'mail1.example.com A 192.0.2.11',
      'mail1.example.com MX mail1.example.com',
      'mail1.example.com TXT v=spf1 ip4:192.0.2.11 -all',
      `mail._domainkey.mail1.example.com TXT v=DKIM1; k=rsa; p=${'A'.repeat(388)}BBB1`,
      '_dmarc.example.com TXT v=DMARC1; p=none; rua=mailto:postmaster@example.com; np=reject',
      '_smtp._tls.mail1.example.com TXT v=TLSRPTv1; rua=mailto:postmaster@example.com',
      'panel.example.com A 198.51.100.1',
      'panel.example.com TXT v=spf1 -all',
      'panel.example.com MX .',
      'api.example.com A 198.51.100.3',
      'api.example.com TXT v=spf1 -all',
      'api.example.com MX .',
      'example.com CAA 0 issue "letsencrypt.org"',
      '11.2.0.192.in-addr.arpa PTR mail1.example.com',
    ]);
  });

  it('[R89] states that AAAA is absent on purpose', () => {
    const set = build(1);
    expect(set.records.map(({ type }) => type)).not.toContain('AAAA');
    expect(set.notes[0]).toMatch(/^AAAA records are intentionally absent/);
  });

  it('[R84] is as many distinct, right sets as there are IPs, from 1 to 200', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
        const set = build(count);
        for (let index = 1; index <= count; index++) {
          const name = `mail${index}.example.com`;
          const ours = set.records.filter((record) => record.name === name || record.name.endsWith(`.${name}`));
          expect(ours.map((record) => `${record.name} ${record.type} ${valueOf(record)}`)).toEqual([
            `${name} A 192.0.2.${index + 10}`,
            `${name} MX ${name}`,
            `${name} TXT v=spf1 ip4:192.0.2.${index + 10} -all`,
            `mail._domainkey.${name} TXT v=DKIM1; k=rsa; p=${'A'.repeat(388)}${String(index).padStart(4, 'B')}`,
            `_smtp._tls.${name} TXT v=TLSRPTv1; rua=mailto:postmaster@example.com`,
          ]);
          expect(set.reverse[index - 1]).toMatchObject({ ip: `192.0.2.${index + 10}`, target: name });
        }
        expect(set.records).toHaveLength(count * 5 + 8);
        expect(set.reverse).toHaveLength(count);
      }),
      { numRuns: 20 },
    );
  });

  it('[R87] is refused without a key for every domain: nothing is left to be filled in', () => {
    const settings = dnsSettings(3);
    const [first] = publications(settings);
    expect(() => recordSet(settings, first ? [first] : [])).toThrow(
      expect.objectContaining({
        code: 'DKIM_KEY_MISSING',
        message: 'There are no DKIM keys for mail2.example.com, mail3.example.com.',
        hint: 'If there were keys once, correct SECRETS_DIR, bring your copy back, or let `ee dkim recover` bring them from VPS2. Otherwise run `ee dkim generate`; it keeps the keys that exist.',
      }) as Error,
    );
  });

  it('[R87] leaves out the record of a key that cannot be read, and no other, and says so', () => {
    const settings = dnsSettings(2);
    const [first] = publications(settings);
    const unread = { domain: 'mail2.example.com', selector: undefined, reason: 'Its ledger is broken.' };
    const set = recordSet(settings, first ? [first] : [], [unread]);
    const names = set.records.filter(({ name }) => name.includes('_domainkey')).map(({ name }) => name);
    expect(names).toEqual(['mail._domainkey.mail1.example.com']);
    expect(set.records.filter(({ name }) => name === 'mail2.example.com')).toHaveLength(3);
    const missing = 'The TXT record of _domainkey.mail2.example.com is missing here: its key could not be read.';
    expect(render(set, 'table')).toContain(`\n- ${missing}\n`);
    expect(render(set, 'bind')).toContain(`; ${missing}\n`);
    expect(render(set, 'cloudflare')).not.toContain('missing');
    expect(set.unread).toEqual([unread]);
  });

  it('[R87] is refused when a web host has no IPv4 address', () => {
    const settings = dnsSettings(1);
    const named = {
      ...settings,
      hosts: { ...settings.hosts, vps1: { ...settings.hosts.vps1, address: 'vps1.example.net' } },
    };
    expect(() => recordSet(named, publications(settings))).toThrow(
      'panel.example.com needs an A record, and "vps1.example.net" is not an IPv4 address.',
    );
  });

  it('gives a sending host outside of the base domain its own DMARC, and the reports their permission', () => {
    const settings = dnsSettings(1);
    const identities = settings.sending.identities.map((identity) => ({ ...identity, domain: 'mail.example.org' }));
    const moved = { ...settings, sending: { ...settings.sending, identities } };
    expect(lines(recordSet(moved, publications(moved))).filter((line) => line.includes('DMARC1'))).toEqual([
      '_dmarc.example.com TXT v=DMARC1; p=none; rua=mailto:postmaster@example.com; np=reject',
      '_dmarc.mail.example.org TXT v=DMARC1; p=none; rua=mailto:postmaster@example.com; np=reject',
      'mail.example.org._report._dmarc.example.com TXT v=DMARC1',
    ]);
  });

  it('says what a foreign postmaster domain must publish, since we cannot', () => {
    const settings = dnsSettings(1);
    const foreign = { ...settings, sending: { ...settings.sending, postmaster: 'ops@example.net' } };
    const set = recordSet(foreign, publications(settings));
    expect(lines(set).filter((line) => line.includes('_report'))).toEqual([]);
    expect(set.notes).toContain(
      'example.net must publish TXT example.com._report._dmarc.example.net "v=DMARC1" to get the DMARC reports.',
    );
  });

  it('says that the mailbox of the reports needs an MX', () => {
    expect(build(1).notes).toContain(
      'Reports about DMARC and TLS go to postmaster@example.com: that mailbox must exist, and example.com needs an MX record, which is not among these.',
    );
  });

  it('says why there is no MTA-STS, and what the SPF record of a domain needs that senders are at', () => {
    const set = build(1);
    expect(set.notes).toContain(
      'MTA-STS is left out: it demands a certificate of a public authority on port 25, and the one of VPS2 is signed by itself.',
    );
    expect(set.notes).toContain(
      'There is no SPF record for example.com here, since nothing is sent from that name itself.',
    );
    const settings = dnsSettings(3);
    const identities = settings.sending.identities.map((one) =>
      one.index === 1 ? one : { ...one, sender: `team${one.index}@example.com` },
    );
    const { notes } = recordSet({ ...settings, sending: { ...settings.sending, identities } }, publications(settings));
    expect(notes.filter((note) => note.includes('SPF record'))).toEqual([
      'The SPF record of example.com, exactly one, needs ip4:192.0.2.12 ip4:192.0.2.13: senders are at that domain.',
    ]);
  });

  it('has no CAA record for an authority that it does not know', () => {
    const settings = dnsSettings(1);
    const lab = { ...settings, tls: { ...settings.tls, acmeDirectoryUrl: 'https://acme.example.net:14000/dir' } };
    const set = recordSet(lab, publications(settings));
    expect(set.records.map(({ type }) => type)).not.toContain('CAA');
    expect(set.notes).toContain(
      'No CAA record: the name under which acme.example.net:14000 looks for one is not known to ee.',
    );
  });
});
