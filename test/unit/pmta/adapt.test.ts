import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { ACCOUNTING_FILE } from '../../../src/lib/pmta/adapt/accounting.js';
import type { AdaptationPlan } from '../../../src/lib/pmta/adapt/plan.js';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { printText } from '../../../src/lib/pmta/document.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { senderRoutes, virtualMtaFor, virtualMtas } from '../../../src/lib/pmta/senders.js';
import { survey } from '../../../src/lib/pmta/survey.js';
import { planFor, sanitised, twoIps, withCrlf } from './two-ips.js';

const adapted = (text: string, plan: AdaptationPlan): string => printText(adapt(parseText(text), plan).document);
const lines = (text: string): string[] => text.split('\n');
const report = (text: string, plan: AdaptationPlan): string[] =>
  adapt(parseText(text), plan).report.map(({ action, subject, line }) => `${line ?? '+'} ${action} ${subject}`);

/** The lines of a text from one that starts a part to the one that ends it. */
function part(text: string, first: string, last: string): string[] {
  const all = lines(text);
  const from = all.indexOf(first);
  return all.slice(from, all.indexOf(last, from) + 1);
}

const COUNTS = [1, 2, 5, 10, 100];

describe('what an adaptation writes', () => {
  const text = adapted(twoIps(), planFor(2));

  it('[R69] gives each IP a virtual MTA with host and key, and with what the old one carried', () => {
    expect(part(text, '<virtual-mta vmta-mail1>', '</virtual-mta-pool>')).toEqual([
      '<virtual-mta vmta-mail1>',
      '    smtp-source-host 192.0.2.1 mail1.example.com',
      '    domain-key mail,mail1.example.com,/etc/pmta/dkim/mail1.pem',
      '    <domain *>',
      '        max-cold-virtual-mta-msg 400/day',
      '        max-msg-rate 1000/h',
      '    </domain>',
      '</virtual-mta>',
      '<virtual-mta vmta-mail2>',
      '    smtp-source-host 192.0.2.2 mail2.example.com',
      '    domain-key mail,mail2.example.com,/etc/pmta/dkim/mail2.pem',
      '    <domain *>',
      '        max-cold-virtual-mta-msg 400/day',
      '        max-msg-rate 1000/h',
      '    </domain>',
      '</virtual-mta>',
      '<virtual-mta-pool pmta-pool>',
      '    virtual-mta vmta-mail1',
      '    virtual-mta vmta-mail2',
      '</virtual-mta-pool>',
    ]);
  });

  it('[R73] maps each sender to its virtual MTA, before the source that names the list', () => {
    expect(part(text, '<pattern-list sender-to-vmta>', '</source>')).toEqual([
      '<pattern-list sender-to-vmta>',
      String.raw`    mail-from /@mail1\.example\.com$/ virtual-mta=vmta-mail1`,
      String.raw`    mail-from /@mail2\.example\.com$/ virtual-mta=vmta-mail2`,
      '</pattern-list>',
      '<source {pmta-auth}>',
      '    smtp-service yes',
      '    always-allow-relaying yes',
      '    require-auth true',
      '    process-x-virtual-mta yes',
      '    default-virtual-mta pmta-pool',
      '    pattern-list sender-to-vmta',
      '    hide-message-source true',
      '</source>',
    ]);
  });

  it('[R72] lets the feeders log in over TLS, and nobody relay by address', () => {
    expect(part(text, '<source 198.51.100.10>', '</source>')).toEqual([
      '<source 198.51.100.10>',
      '    smtp-service yes',
      '    require-auth yes',
      '    allow-starttls yes',
      '    require-starttls-before-auth yes',
      '</source>',
    ]);
    expect(text).toContain('\nsmtp-server-tls-certificate /etc/pmta/tls/relay.pem\n');
    const relaying = survey(parseText(text)).all('always-allow-relaying');
    expect(relaying.map(({ directive }) => directive.value.text)).toEqual(['yes', 'no']);
  });

  it('[R56] [R78] [R82] takes bounces and complaints on port 25 of each IP, and turns them into records', () => {
    expect(part(text, '<source {ee-inbound}>', '</feedback-loop-processor>')).toEqual([
      '<source {ee-inbound}>',
      '    smtp-service yes',
      '    always-allow-relaying no',
      '    allow-starttls yes',
      '    process-x-virtual-mta no',
      '    default-virtual-mta by-smtp-source-ip',
      '    max-message-size 10M',
      '    suppress-local-dsn yes',
      '</source>',
      '<bounce-processor>',
      '    forward-unmatched-to postmaster@example.com',
      '    <address-list>',
      String.raw`        address /^(contact([+-].*)?|b\+.+|bounces?([+-].*)?)@mail1\.example\.com$/`,
      String.raw`        address /^(contact([+-].*)?|b\+.+|bounces?([+-].*)?)@mail2\.example\.com$/`,
      '    </address-list>',
      '</bounce-processor>',
      '<feedback-loop-processor>',
      '    forward-unmatched-to postmaster@example.com',
      '    <address-list>',
      String.raw`        address /^(fbl|feedback|abuse|postmaster)@mail1\.example\.com$/`,
      String.raw`        address /^(fbl|feedback|abuse|postmaster)@mail2\.example\.com$/`,
      '    </address-list>',
      '</feedback-loop-processor>',
    ]);
  });

  it('[R78] accepts mail at the sending hosts for these addresses, and for no other', () => {
    const patterns = survey(parseText(text))
      .all('relay-address')
      .map(({ directive }) => new RegExp(directive.value.text.slice(1, -1), 'i'));
    expect(patterns).toHaveLength(2);
    const takes = (recipient: string): boolean => patterns.some((pattern) => pattern.test(recipient));
    const at = (...localParts: string[]): string[] => localParts.map((one) => `${one}@mail2.example.com`);
    const right = at(
      'contact',
      'CONTACT',
      'contact-ann=gmail.com',
      'b+t1.m7.3fe',
      'bounces',
      'fbl',
      'abuse',
      'postmaster',
    );
    const wrong = [
      ...at('contacts', 'bob', 'b+', 'x-abuse'),
      'abuse@mail3.example.com',
      'abuse@mail2.example.com.evil.example',
    ];
    expect(right.filter((one) => !takes(one))).toEqual([]);
    expect(wrong.filter(takes)).toEqual([]);
  });

  it('takes no bounces at the host for a sender that is elsewhere', () => {
    const [first] = planFor(1).identities;
    if (!first) throw new Error('one identity was asked for');
    const plan = planFor(1, { identities: [{ ...first, sender: 'sales+a@example.com' }] });
    expect(adapted(twoIps(), plan)).toContain(
      String.raw`        address /^(b\+.+|bounces?([+-].*)?)@mail1\.example\.com$/`,
    );
  });

  it('listens on the new IPs alone, and names the host, the postmaster and the user anew', () => {
    expect(lines(text).filter((line) => /^(smtp-listener|host-name|postmaster)/.test(line))).toEqual([
      'postmaster postmaster@example.com',
      'host-name mail1.example.com',
      'smtp-listener 192.0.2.1:2525',
      'smtp-listener 192.0.2.2:2525',
      'smtp-listener 192.0.2.1:25 source={ee-inbound}',
      'smtp-listener 192.0.2.2:25 source={ee-inbound}',
    ]);
    expect(part(text, '<smtp-user relay>', '</smtp-user>')).toEqual([
      '<smtp-user relay>',
      '    password s3cret-for-the-relay',
      '    source {pmta-auth}',
      '</smtp-user>',
    ]);
  });

  it('[R83] bounds the diagnostics that were never deleted', () => {
    expect(part(text, '<acct-file /var/log/pmta/diag.csv>', '</acct-file>')).toContain('    delete-after 8d');
    expect(text).not.toContain('never');
  });

  it('[R83] records what the API and MailWizz need, in a file that is bounded and not for everybody', () => {
    expect(part(text, `<acct-file ${ACCOUNTING_FILE}>`, '</acct-file>')).toEqual([
      '<acct-file /var/log/pmta/ee-acct.csv>',
      '    records d,b,t,f,rb,rs',
      '    record-fields d *,header_Message-Id',
      '    record-fields b *,header_Message-Id',
      '    record-fields t *,header_Message-Id',
      '    record-fields f *,header_Message-Id',
      '    record-fields rb *,header_Message-Id',
      '    record-fields rs *,header_Message-Id',
      '    move-interval 1h',
      '    max-size 50M',
      '    delete-after 8d',
      '    world-readable no',
      '</acct-file>',
    ]);
    const changed = text.replace('    move-interval 1h\n', '    move-interval 1d\n');
    expect(adapted(changed, planFor(2))).toBe(text);
    expect(report(changed, planFor(2))).toContain('56 changed <acct-file /var/log/pmta/ee-acct.csv>');
  });

  it('has an entry for a sender that is not at the host of its identity, before the hosts', () => {
    const [first, second] = planFor(2).identities;
    if (!first || !second) throw new Error('two identities were asked for');
    const plan = planFor(2, { identities: [first, { ...second, sender: 'sales+a@example.com' }] });
    expect(part(adapted(twoIps(), plan), '<pattern-list sender-to-vmta>', '</pattern-list>')[1]).toBe(
      String.raw`    mail-from /^sales\+a@example\.com$/ virtual-mta=vmta-mail2`,
    );
  });
});

describe('what an adaptation keeps', () => {
  it.each([
    ['as it is', twoIps()],
    ['sanitised', sanitised()],
  ])('[R68] [R85] every line but those that are adapted, byte for byte and in order: %s', (_, text) => {
    const gone = new Set([
      ...[
        '<virtual-mta pmta-vmta0>',
        '<virtual-mta pmta-vmta1>',
        '    smtp-source-host 203.0.113.21 mta0.example.net',
        '    smtp-source-host 203.0.113.22 mta1.example.net',
        '    domain-key dkim,example.net,/etc/pmta/keys/mta0.example.net.pem',
        '    domain-key dkim,example.net,/etc/pmta/keys/mta1.example.net.pem',
        '    virtual-mta pmta-vmta0',
        '    virtual-mta pmta-vmta1',
        '    password CHANGE_ME',
        '    delete-after never',
      ],
      ...['postmaster postmaster@example.net', 'host-name relay.example.net', '<smtp-user newsletter@example.net>'],
      ...lines(text).filter((line) => line.startsWith('smtp-listener')),
    ]);
    const kept = lines(text).filter((line) => !gone.has(line));
    const result = lines(adapted(text, planFor(5)));
    let at = 0;
    for (const line of kept) {
      at = result.indexOf(line, at) + 1;
      expect(at, line).toBeGreaterThan(0);
    }
    const rules = text.slice(text.indexOf('#\n#  Mail that programs'));
    expect(adapted(text, planFor(5)).endsWith(rules)).toBe(true);
  });

  it('comments, also those that read like directives', () => {
    const text = `# host-name old.example and 203.0.113.21\nhost-name old.example # host-name old.example\n${twoIps()}`;
    const [first, second] = lines(adapted(text, planFor(1)));
    expect(first).toBe('# host-name old.example and 203.0.113.21');
    expect(second).toBe('host-name mail1.example.com # host-name old.example');
  });

  it('lines of any bytes, whatever they are and wherever they stand', () => {
    const line = fc.oneof(
      fc.constantFrom('# caf\xe9 \xff\x00', '\tretry-after\t5m  # \xa0', 'x', '', '   ', 'alias a\rb'),
      fc
        .string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 30 })
        .map((text) => `#${text}`),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.nat(20), (added, at) => {
        const all = lines(twoIps());
        // Between two statements of the top level, so that the text stays sound.
        const places = all.flatMap((text, index) => (text === '' && all[index + 1]?.startsWith('#') ? [index] : []));
        const place = places[at % places.length] ?? 0;
        const text = [...all.slice(0, place), ...added, ...all.slice(place)].join('\n');
        expect(`\n${adapted(text, planFor(3))}`).toContain(`\n${added.join('\n')}\n`);
      }),
      { numRuns: 60 },
    );
  });

  it('each line of a CRLF file, with LF after it', () => {
    expect(adapted(withCrlf(twoIps()), planFor(5))).toBe(adapted(twoIps(), planFor(5)));
    expect(adapted(withCrlf(withCrlf(twoIps())), planFor(5))).toBe(adapted(twoIps(), planFor(5)));
  });
});

describe.each(COUNTS)('for %i IPs', (count) => {
  const text = adapted(twoIps(), planFor(count));
  const document = parseText(text);

  it('[R84] has as many distinct virtual MTAs, hosts, keys, listeners, senders and pool members', () => {
    const mtas = virtualMtas(document);
    expect(mtas).toHaveLength(count);
    const listeners = survey(document)
      .all('smtp-listener')
      .map(({ directive }) => directive.value.text);
    for (const values of [
      mtas.map(({ name }) => name),
      mtas.map(({ ip }) => ip),
      mtas.map(({ host }) => host),
      mtas.map(({ key }) => key?.file),
      senderRoutes(document, 'sender-to-vmta').map(({ sender }) => sender),
      listeners.filter((listener) => listener.endsWith(':2525')),
      listeners.filter((listener) => listener.endsWith(':25 source={ee-inbound}')),
      survey(document)
        .all('virtual-mta')
        .map(({ directive }) => directive.value.text),
    ]) {
      expect(new Set(values).size).toBe(count);
      expect(values).toHaveLength(count);
    }
  });

  it('[R84] sends each sender from its own IP and no other', () => {
    const routes = senderRoutes(document, 'sender-to-vmta');
    const ips = new Map(virtualMtas(document).map(({ name, ip }) => [name, ip]));
    for (const { sender, ip } of planFor(count).identities)
      expect(ips.get(virtualMtaFor(routes, sender) ?? '')).toBe(ip);
  });

  it('[R67] leaves no old address, placeholder or name without a definition', () => {
    expect(text).not.toMatch(/203\.0\.113\.|CHANGE_ME|pmta-vmta|example\.net\.pem/);
    const found = lint(document, loadCatalogue()).filter(({ severity }) => severity !== 'info');
    // What the old virtual MTAs said of cold messages and of all domains is said of the new ones.
    expect(new Set(found.map(({ code }) => code))).toEqual(
      new Set(['vmta-domain-overrides-isp', 'cold-without-target']),
    );
  });

  it('gives the same bytes when it is adapted again', () => {
    expect(adapted(text, planFor(count))).toBe(text);
    expect(adapted(twoIps(), planFor(count))).toBe(text);
    const changes = adapt(document, planFor(count)).report.filter(({ action }) => action !== 'kept');
    expect(changes).toEqual([]);
  });

  it('gives the same bytes by way of any other number of IPs', () => {
    for (const other of [1, 3, 10]) expect(adapted(adapted(twoIps(), planFor(other)), planFor(count))).toBe(text);
  });

  it('gives the same bytes from the sanitised shape, but for what that has lost', () => {
    const carried =
      / {4}<domain \*>\n {8}max-cold-virtual-mta-msg 400\/day\n {8}max-msg-rate 1000\/h\n {4}<\/domain>\n/g;
    expect(text.match(carried)).toHaveLength(count);
    expect(adapted(sanitised(), planFor(count))).toBe(text.replace(carried, ''));
  });

  it('loses nothing and asks nothing', () => {
    const { unplaced, undecided } = adapt(parseText(twoIps()), planFor(count));
    expect([unplaced, undecided]).toEqual([[], undefined]);
  });
});

describe('names', () => {
  it('[R65] of domains that differ by their last label alone do not collide', () => {
    const [base] = planFor(1).identities;
    if (!base) throw new Error('one identity was asked for');
    const domains = ['mail.a.com', 'mail.a.net', 'mail.a.co.uk'];
    const identities = domains.map((domain, at) => ({
      ...base,
      index: at + 1,
      ip: `192.0.2.${at + 1}`,
      domain,
      sender: `x@${domain}`,
    }));
    const document = parseText(adapted(twoIps(), planFor(3, { identities })));
    expect(virtualMtas(document).map(({ name, key }) => [name, key?.domain, key?.file])).toEqual([
      ['vmta-mail1', 'mail.a.com', '/etc/pmta/dkim/mail1.pem'],
      ['vmta-mail2', 'mail.a.net', '/etc/pmta/dkim/mail2.pem'],
      ['vmta-mail3', 'mail.a.co.uk', '/etc/pmta/dkim/mail3.pem'],
    ]);
    const routes = senderRoutes(document, 'sender-to-vmta');
    expect(domains.map((domain) => virtualMtaFor(routes, `x@${domain}`))).toEqual([
      'vmta-mail1',
      'vmta-mail2',
      'vmta-mail3',
    ]);
    expect(virtualMtaFor(routes, 'x@mail.a.com.evil.example')).toBeUndefined();
    expect(virtualMtaFor(routes, 'x@mailxa.com')).toBeUndefined();
  });
});

describe('what was added by hand', () => {
  const base = adapted(twoIps(), planFor(5));

  it('[R66] to the sender list stays and comes first, as long as its virtual MTA exists', () => {
    const entry = String.raw`    mail-from /^vip@mail1\.example\.com$/ virtual-mta=vmta-mail5 # by hand`;
    const text = base.replace('<pattern-list sender-to-vmta>\n', `<pattern-list sender-to-vmta>\n${entry}\n`);
    expect(adapted(text, planFor(5))).toBe(text);
    expect(adapted(text, planFor(4))).not.toContain('vip@');
    expect(report(text, planFor(4))).toContain(
      String.raw`109 dropped mail-from /^vip@mail1\.example\.com$/ virtual-mta=vmta-mail5`,
    );
  });

  it('[R66] as a virtual MTA on a sending IP beside the pools stays', () => {
    const added = '<virtual-mta one-off>\n    smtp-source-host 192.0.2.3 one-off.example.com\n</virtual-mta>\n';
    expect(adapted(base + added, planFor(5))).toBe(base + added);
    expect(adapted(base + added, planFor(2))).toBe(adapted(base, planFor(2)));
  });

  it('as a feeder that is none any more goes', () => {
    const text = adapted(base, planFor(5, { feeders: ['198.51.100.77'] }));
    expect(lines(text).filter((line) => line.startsWith('<source'))).toEqual([
      '<source 0/0>',
      '<source {pmta-auth}>',
      '<source 198.51.100.77>',
      '<source {ee-inbound}>',
      '<source 127.0.0.1>',
    ]);
  });
});

describe('a configuration of another shape', () => {
  it('gets what it lacks', () => {
    const text = adapted('log-file /var/log/pmta/log\n<domain *>\ndkim-sign yes\n</domain>', planFor(1));
    expect(lint(parseText(text), loadCatalogue())).toEqual([]);
    expect(adapted(text, planFor(1))).toBe(text);
    expect(lines(text).slice(0, 5)).toEqual([
      'postmaster postmaster@example.com',
      'host-name mail1.example.com',
      'smtp-listener 192.0.2.1:2525',
      'smtp-listener 192.0.2.1:25 source={ee-inbound}',
      'smtp-server-tls-certificate /etc/pmta/tls/relay.pem',
    ]);
  });

  it('loses references to virtual MTAs that are gone, and has no default that is undefined', () => {
    const text = [
      'log-file /l\nsmtp-listener 127.0.0.1:2525\n<smtp-listener 203.0.113.5:25>\nimmediate-tls yes\n</smtp-listener>',
      'domain-key old,example.net,/k.pem\nsmtp-source-host 203.0.113.5 old.example.net\nrelay-address 203.0.113.5',
      '<virtual-mta old>\nsmtp-source-host 203.0.113.5 old.example.net\n</virtual-mta>',
      '<virtual-mta-pool p>\nvirtual-mta old 50\n</virtual-mta-pool>\n<virtual-mta-pool q>\nvirtual-mta old\n</virtual-mta-pool>',
      '<pattern-list mine>\nmail-from /x/ virtual-mta=old\nmail-from /y/ virtual-mta=q\n</pattern-list>',
      '<source {x}>\npattern-list mine\ndefault-virtual-mta old\n</source>',
      '<source 192.0.2.200>\ndefault-virtual-mta never-was\n</source>\n<smtp-user u>\npassword a\nsource {x}\n</smtp-user>',
      '<domain *>\ndkim-sign yes\n</domain>\n',
    ].join('\n');
    const result = adapted(text, planFor(2));
    expect(lint(parseText(result), loadCatalogue()).filter(({ severity }) => severity === 'error')).toEqual([]);
    // A map from senders is replaced, and with it the list that held nothing else.
    expect(result).not.toContain('<pattern-list mine>');
    expect(report(text, planFor(2))).toContainEqual(
      expect.stringMatching(/^\d+ dropped mail-from \/x\/ virtual-mta=old$/),
    );
    expect(part(result, '<virtual-mta-pool q>', '</virtual-mta-pool>')).toContain('    virtual-mta vmta-mail2');
    expect(result).toContain('\nsmtp-listener 127.0.0.1:2525\n');
    expect(report(text, planFor(2))).toContain('8 left 203.0.113.5 on line 8');
    expect(adapted(result, planFor(2))).toBe(result);
  });

  it('whose blocks do not close is refused', () => {
    expect(() => adapt(parseText('<domain *>\n'), planFor(1))).toThrow(
      expect.objectContaining({ code: 'PMTA_CONFIG_BROKEN', facts: { problems: ['line 1: <domain> is not closed'] } }),
    );
  });
});

it('[R70] keeps both <domain *> blocks as they are, in their order, and adds none', () => {
  const stars = (text: string): string[] => text.match(/^<domain \*>\n[^]*?<\/domain>\n/gm) ?? [];
  const kept = stars(sanitised());
  expect(kept).toHaveLength(2);
  expect(stars(adapted(twoIps(), planFor(5)))).toEqual(kept);
});

it('[R71] requires TLS of no destination', () => {
  expect(
    survey(parseText(adapted(twoIps(), planFor(5))))
      .all('require-starttls')
      .map(({ directive }) => directive.value.text),
  ).toEqual(['no']);
  expect(adapted(twoIps(), planFor(5))).toContain('    use-starttls yes\n');
});

describe('the report', () => {
  it('says of each part what became of it, without a secret', () => {
    const items = report(twoIps(), planFor(2));
    expect(items.filter((item) => !item.includes(' kept '))).toEqual([
      '12 changed postmaster postmaster@example.net',
      '17 changed host-name relay.example.net',
      '22 dropped smtp-listener 203.0.113.21:2525',
      '23 dropped smtp-listener 203.0.113.22:2525',
      '50 changed delete-after never in <acct-file /var/log/pmta/diag.csv>',
      '68 changed <smtp-user newsletter@example.net>',
      '85 changed <virtual-mta pmta-vmta0>',
      '93 changed <virtual-mta pmta-vmta1>',
      '101 changed <virtual-mta-pool pmta-pool>',
      '+ added smtp-listener 192.0.2.1:2525',
      '+ added smtp-listener 192.0.2.2:2525',
      '+ added smtp-listener 192.0.2.1:25',
      '+ added smtp-listener 192.0.2.2:25',
      '+ added smtp-server-tls-certificate /etc/pmta/tls/relay.pem',
      '+ added <virtual-mta vmta-mail1>',
      '+ added <virtual-mta vmta-mail2>',
      '+ added pattern-list sender-to-vmta in <source {pmta-auth}>',
      '+ added <pattern-list sender-to-vmta>',
      '+ added <source 198.51.100.10>',
      '+ added <source 198.51.100.30>',
      '+ added relay-address',
      '+ added <source {ee-inbound}>',
      '+ added <bounce-processor>',
      '+ added <feedback-loop-processor>',
      '+ added <acct-file /var/log/pmta/ee-acct.csv>',
      '+ added <domain ee-probe.invalid>',
    ]);
    expect(items).toContain('131 kept domain-macro hotmail');
    expect(items).toContain('132 kept <domain $hotmail>');
    expect(JSON.stringify(adapt(parseText(twoIps()), planFor(2)).report)).not.toContain('s3cret');
  });
});
