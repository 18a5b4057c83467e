import { describe, expect, it } from 'vitest';
import { judgeA, judgeAaaa, judgeWeb } from '../../../../src/lib/dns/check/address.js';
import { judgeCaa } from '../../../../src/lib/dns/check/authority.js';
import { judgeListed } from '../../../../src/lib/dns/check/blocklist.js';
import { PROBLEMS, type ProblemCode } from '../../../../src/lib/dns/check/codes.js';
import { judgeDelegation } from '../../../../src/lib/dns/check/delegation.js';
import { judgeDkim, type KeyReading } from '../../../../src/lib/dns/check/dkim.js';
import { judgeAlignment } from '../../../../src/lib/dns/check/dmarc/alignment.js';
import { judgeDmarc, judgeReportPermission } from '../../../../src/lib/dns/check/dmarc/judge.js';
import { reportPermission } from '../../../../src/lib/dns/check/domain-checks.js';
import { judgeMailPort } from '../../../../src/lib/dns/check/mail-port.js';
import { judgeMx, judgePostmasterMx } from '../../../../src/lib/dns/check/mail-exchange.js';
import { judgeNoReceiver, judgeNoSender } from '../../../../src/lib/dns/check/no-mail.js';
import { judgeMtaSts, judgeTlsRpt } from '../../../../src/lib/dns/check/reporting.js';
import type { Finding, Looking } from '../../../../src/lib/dns/check/result.js';
import { judgePtr } from '../../../../src/lib/dns/check/reverse.js';
import { resultsOf } from '../../../../src/lib/dns/check/run.js';
import { evaluateSpf } from '../../../../src/lib/dns/check/spf/evaluate.js';
import { judgeSpf, onlySpf } from '../../../../src/lib/dns/check/spf/judge.js';
import { unreadCheck } from '../../../../src/lib/dns/check/unread-key.js';
import type { UnreadDkim } from '../../../../src/lib/dns/dkim-record.js';
import type { Answer } from '../../../../src/lib/dns/answer.js';
import type { Greeting } from '../../../../src/lib/dns/mail-port.js';
import type { MailExchange } from '../../../../src/lib/dns/values.js';
import { codesOf, fix, found, lookups, none, said, unknown, view } from './said.js';

const name = 'mail1.example.com';
const ip = '192.0.2.11';
type Found = readonly (Finding | string)[] | Promise<readonly (Finding | string)[]>;

const a = (...values: string[]): Found => judgeA({ name, ip, fix }, said(...values));
const web = (...values: string[]): Found => judgeWeb({ name, ip, fix }, said(...values));
const ptr = (...values: string[]): Found => judgePtr({ ip, domain: name, fix }, said(...values));

const others = {
  ...Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`TXT i${at}.example.net`, ['v=spf1 -all']])),
  'TXT open.example.net': ['v=spf1 +all'],
  'TXT down.example.net': 'down',
  'MX many.example.net': Array.from({ length: 11 }, (_, at) => ({ exchange: `mx${at}.example.net`, priority: at })),
  ...Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`A mx${at}.example.net`, ['198.51.100.9']])),
} as const;

async function spf(...values: string[]): Promise<readonly Finding[]> {
  const text = onlySpf(said(...values));
  const sender = { ip, address: `contact@${name}`, helo: name };
  const results = text === undefined ? [] : [await evaluateSpf(text, sender, name, lookups(others))];
  return judgeSpf({ name, ip, fix }, said(...values), results);
}
const includes = (count: number): string =>
  Array.from({ length: count }, (_, at) => `include:i${at}.example.net`).join(' ');

const record = `v=DKIM1; k=rsa; p=${'A'.repeat(392)}`;
const key = (reading: KeyReading, text = record, revoked = false): Found =>
  judgeDkim({ domain: name, selector: 'mail', record, revoked }, { name, fix, read: () => reading }, said(text));
const ours: KeyReading = { kind: 'key', record, testing: false };

const unread = async (of: UnreadDkim): Promise<readonly Finding[]> =>
  (await unreadCheck(of, name).look({} as Looking)).findings;

const dmarc = (...values: string[]): Found => judgeDmarc({ name: '_dmarc.example.com', fix }, said(...values));
const POLICY = 'v=DMARC1; p=none; rua=mailto:postmaster@example.com; np=reject';

function mx(values: readonly MailExchange[], answer: Answer = found(ip), alias?: string): Found {
  const addresses = values.map(({ exchange }) => ({ exchange, answer, alias }));
  return judgeMx({ name, ip, fix }, said(...values), addresses);
}
const to = (exchange: string): MailExchange[] => [{ exchange, priority: 10 }];
const BANNER = ['220 mail1.example.com ESMTP'];
const HELLO = ['250-mail1\n250 STARTTLS', '250 ok', '250 ok'];
/** What an exchange answers to each command; `reached`: another of ours answers. */
function port(replies: readonly string[] | 'silence' = [...BANNER, ...HELLO], reached = true): Found {
  const greeting: Greeting =
    replies === 'silence'
      ? { kind: 'silence', reason: 'no answer in time' }
      : {
          kind: 'replies',
          replies: replies.map((text) => ({
            code: Number(text.slice(0, 3)),
            lines: text.split('\n').map((line) => line.slice(4)),
          })),
        };
  const names = ['mail1.example.com', 'mail2.example.com'];
  const exchange = { label: `${name} (${ip})`, name, address: ip, names, postmaster: `postmaster@${name}`, reached };
  return judgeMailPort(exchange, greeting);
}

const TWO = found('ns1.example.com', 'ns2.example.com');
/** What the zone above says, and what the two servers say of themselves. */
function delegated(above: Answer, own: readonly (Answer | 'lame')[] = [TWO, TWO]): Found {
  const servers = own.map((answer, at) => ({
    server: `ns${at + 1}.example.com`,
    answer: answer === 'lame' ? unknown : answer,
    lame: answer === 'lame',
  }));
  return judgeDelegation({ zone: 'example.com', above, by: 'a.gtld-servers.net', servers });
}

const tlsRpt = (...values: string[]): Found => judgeTlsRpt(`_smtp._tls.${name}`, fix, said(...values));
const mtaSts = (...values: string[]): Found => judgeMtaSts(`_mta-sts.${name}`, said(...values));
const caa = (...values: { tag: string; value: string; critical?: boolean }[]): Found =>
  judgeCaa({ name, issuer: 'letsencrypt.org', fix }, said(...values.map((one) => ({ critical: false, ...one }))));

const through = (answer: Answer) => [{ server: '10.0.0.53', answer }];
const listed = (entry: Answer, test: Answer = found('127.0.0.2'), nothing: Answer = none): Found =>
  judgeListed(ip, 'zen.example', { test: through(test), nothing: through(nothing), entry: through(entry) });

const right = found(ip);
const stale = found('192.0.2.99');
const looks = (...codes: (ProblemCode | undefined)[]): string[] =>
  resultsOf(
    { kind: 'a', host: name, name, type: 'A', right: '', look: () => Promise.reject(new Error('not asked')) },
    codes.map((code) => ({ findings: code === undefined ? [] : [{ code, message: '' }], seen: [] })),
  ).map(({ code }) => code);

/** What has the problem, and what comes close and has not. The type demands both of every code. */
const CASES: Readonly<Record<ProblemCode, { bad: () => Found; good: () => Found }>> = {
  'delegation-missing': { bad: () => delegated(none), good: () => delegated(TWO) },
  'delegation-lame': {
    bad: () => delegated(TWO, [TWO, 'lame']),
    good: () => delegated(TWO, [TWO, unknown]),
  },
  'delegation-differs': {
    bad: () => delegated(found('ns1.example.com', 'ns3.example.com')),
    good: () => delegated(found('ns2.example.com', 'ns1.example.com')),
  },
  'delegation-undetermined': { bad: () => delegated(unknown), good: () => delegated(none) },
  'a-missing': { bad: () => a(), good: () => a(ip) },
  'a-wrong': { bad: () => a('192.0.2.12'), good: () => a(ip) },
  'a-several': { bad: () => a(ip, '192.0.2.12'), good: () => a(ip) },
  'a-alias': {
    bad: () => judgeA({ name, ip, fix }, { values: [ip], alias: 'host.example.net' }),
    good: () => a(ip),
  },
  'ptr-missing': { bad: () => ptr(), good: () => ptr(name) },
  'ptr-wrong': { bad: () => ptr('static-11.example.net'), good: () => ptr(name) },
  'ptr-several': { bad: () => ptr(name, 'other.example.com'), good: () => ptr(name) },
  'ptr-generic': {
    bad: () => judgePtr({ ip, domain: 'ip-192-0-2-11.example.com', fix }, said('ip-192-0-2-11.example.com')),
    good: () => judgePtr({ ip, domain: 'mail11.example.com', fix }, said('mail11.example.com')),
  },
  'aaaa-present': { bad: () => judgeAaaa(name, said('2001:db8::1')), good: () => judgeAaaa(name, said()) },
  'spf-missing': { bad: () => spf('unrelated'), good: () => spf('unrelated', `v=spf1 ip4:${ip} -all`) },
  'spf-several': {
    bad: () => spf(`v=spf1 ip4:${ip} -all`, 'v=spf1 -all'),
    good: () => spf(`v=spf1 ip4:${ip} -all`, 'v=spf10 -all'),
  },
  'spf-invalid': { bad: () => spf(`v=spf1 ipv4:${ip} -all`), good: () => spf(`v=spf1 ip4:${ip} -all`) },
  'spf-lookups': {
    bad: () => spf(`v=spf1 ip4:${ip} ${includes(11)} -all`),
    good: () => spf(`v=spf1 ip4:${ip} ${includes(10)} -all`),
  },
  'spf-void': {
    bad: () => spf(`v=spf1 ip4:${ip} a:x.example.net a:y.example.net a:z.example.net -all`),
    good: () => spf(`v=spf1 ip4:${ip} a:x.example.net a:y.example.net -all`),
  },
  'spf-mx-names': {
    bad: () => spf(`v=spf1 ip4:${ip} mx:many.example.net -all`),
    good: () => spf(`v=spf1 ip4:${ip} -all`),
  },
  'spf-ptr': { bad: () => spf(`v=spf1 ip4:${ip} ptr -all`), good: () => spf(`v=spf1 ip4:${ip} -all`) },
  'spf-open': { bad: () => spf('v=spf1 +all'), good: () => spf(`v=spf1 ip4:${ip} ~all`) },
  'spf-no-all': { bad: () => spf(`v=spf1 ip4:${ip}`), good: () => spf(`v=spf1 ip4:${ip} -all`) },
  'spf-not-pass': { bad: () => spf('v=spf1 ip4:192.0.2.12 -all'), good: () => spf('v=spf1 ip4:192.0.2.0/24 -all') },
  'spf-long': {
    bad: () => spf(`v=spf1 ip4:${ip} ${'ip4:198.51.100.100 '.repeat(23)}-all`),
    good: () => spf(`v=spf1 ip4:${ip} ${'ip4:198.51.100.100 '.repeat(20)}-all`),
  },
  'spf-undetermined': {
    bad: () => spf(`v=spf1 ip4:${ip} include:down.example.net -all`),
    good: () => spf(`v=spf1 ip4:${ip} include:i1.example.net -all`),
  },
  'dkim-missing': { bad: () => key({ kind: 'missing' }), good: () => key(ours) },
  'dkim-several': { bad: () => key({ kind: 'several', count: 2 }), good: () => key(ours) },
  'dkim-cut': {
    bad: () => key({ kind: 'malformed', reason: 'not base64' }, record.slice(0, 255)),
    good: () => key({ kind: 'malformed', reason: 'not base64' }, 'v=DKIM1; p=###'),
  },
  'dkim-quotes': {
    bad: () => key({ kind: 'malformed', reason: 'not base64' }, record.replace('AAAA', 'A" "AA')),
    good: () => key(ours),
  },
  'dkim-invalid': { bad: () => key({ kind: 'malformed', reason: 'PKCS#1' }, 'v=DKIM1; p=MIIB'), good: () => key(ours) },
  'dkim-other-key': { bad: () => key({ ...ours, record: record.replace('A', 'B') }), good: () => key(ours) },
  'dkim-revoked': { bad: () => key({ kind: 'revoked' }), good: () => key({ kind: 'revoked' }, 'v=DKIM1; p=', true) },
  'dkim-testing': { bad: () => key({ ...ours, testing: true }), good: () => key(ours) },
  'dkim-not-revoked': { bad: () => key(ours, record, true), good: () => key({ kind: 'revoked' }, 'v=DKIM1; p=', true) },
  'dkim-unread': {
    bad: () => unread({ domain: name, selector: 's2', reason: 'It is missing.' }),
    good: () => key(ours),
  },
  'dmarc-missing': { bad: () => dmarc('unrelated'), good: () => dmarc(POLICY) },
  'dmarc-several': { bad: () => dmarc(POLICY, 'v=DMARC1; p=reject'), good: () => dmarc(POLICY, 'unrelated') },
  'dmarc-invalid': {
    bad: () => dmarc('p=none; v=DMARC1'),
    good: () => dmarc('v=DMARC1;p=none;rua=mailto:a@example.com'),
  },
  'dmarc-policy': {
    bad: () => dmarc(POLICY.replace('none', 'nothing')),
    good: () => dmarc(POLICY.replace('none', 'reject')),
  },
  'dmarc-removed-tag': { bad: () => dmarc(`${POLICY}; pct=50`), good: () => dmarc(`${POLICY}; t=y`) },
  'dmarc-no-reports': { bad: () => dmarc('v=DMARC1; p=none'), good: () => dmarc(POLICY) },
  'dmarc-reports-invalid': {
    bad: () => dmarc('v=DMARC1; p=none; rua=postmaster@example.com'),
    good: () => dmarc(POLICY),
  },
  'dmarc-reports-refused': {
    bad: () =>
      judgeReportPermission({ policyDomain: 'example.com', reportDomain: 'example.net', fix }, said('v=spf1 -all')),
    good: () =>
      judgeReportPermission({ policyDomain: 'example.com', reportDomain: 'example.net', fix }, said('v=DMARC1')),
  },
  'dmarc-reports-undetermined': {
    bad: () => reportPermission('example.com', 'example.net', unknown, fix),
    good: () => reportPermission('example.com', 'example.net', none, fix),
  },
  'dmarc-unaligned': {
    bad: () =>
      judgeAlignment({ from: name, returnPath: name, signature: 'mail1.example.net' }, undefined, 'example.com'),
    good: () =>
      judgeAlignment({ from: name, returnPath: 'b.example.com', signature: 'example.com' }, undefined, 'example.com'),
  },
  'mx-missing': { bad: () => mx([]), good: () => mx(to(name)) },
  'mx-null': { bad: () => mx(to('')), good: () => mx(to(name)) },
  'mx-literal': { bad: () => mx(to('192.0.2.11')), good: () => mx(to(name)) },
  'mx-alias': { bad: () => mx(to('mx.example.com'), found(ip), name), good: () => mx(to('mx.example.com')) },
  'mx-unresolved': { bad: () => mx(to('mx.example.com'), none), good: () => mx(to('mx.example.com')) },
  'mx-undetermined': { bad: () => mx(to('mx.example.com'), unknown), good: () => mx(to('mx.example.com')) },
  'mx-elsewhere': { bad: () => mx(to('mx.example.com'), found('192.0.2.99')), good: () => mx(to('mx.example.com')) },
  'mx-port-closed': { bad: () => port('silence', true), good: () => port('silence', false) },
  'mx-port-unreached': { bad: () => port('silence', false), good: () => port('silence', true) },
  'mx-port-declines': { bad: () => port(['554 5.7.1 no']), good: () => port(['421 4.7.0 busy']) },
  'mx-port-later': { bad: () => port([...BANNER, '450 4.2.0 later']), good: () => port(['554 5.7.1 no']) },
  'mx-port-banner': {
    bad: () => port(['220 relay.provider.example ESMTP', ...HELLO]),
    good: () => port(['220 MAIL2.example.com ESMTP', ...HELLO]),
  },
  'mx-port-starttls': { bad: () => port([...BANNER, '250 mail1', '250 ok', '250 ok']), good: () => port() },
  'mx-port-postmaster': {
    bad: () => port([...BANNER, '250-mail1\n250 STARTTLS', '250 ok', '550 5.1.1 nobody']),
    good: () => port(),
  },
  'postmaster-mx-missing': {
    bad: () => judgePostmasterMx('postmaster@example.com', 'example.com', said()),
    good: () => judgePostmasterMx('postmaster@example.com', 'example.com', said(...to('mx.example.net'))),
  },
  'tls-rpt-missing': { bad: () => tlsRpt(), good: () => tlsRpt('v=TLSRPTv1; rua=mailto:a@example.com') },
  'tls-rpt-several': {
    bad: () => tlsRpt('v=TLSRPTv1; rua=mailto:a@example.com', 'v=TLSRPTv1; rua=mailto:b@example.com'),
    good: () => tlsRpt('v=TLSRPTv1; rua=mailto:a@example.com,https://example.net/tls'),
  },
  'tls-rpt-invalid': {
    bad: () => tlsRpt('v=TLSRPTv1; rua=a@example.com'),
    good: () => tlsRpt('v=TLSRPTv1;rua=mailto:a@example.com;'),
  },
  'mta-sts-several': { bad: () => mtaSts('v=STSv1; id=1', 'v=STSv1; id=2'), good: () => mtaSts() },
  'mta-sts-invalid': { bad: () => mtaSts('v=STSv1; id=not-allowed'), good: () => mtaSts('v=STSv1; id=20261127;') },
  'caa-missing': { bad: () => caa(), good: () => caa({ tag: 'issue', value: 'letsencrypt.org' }) },
  'caa-forbids': {
    bad: () => caa({ tag: 'issue', value: 'other.example' }),
    good: () => caa({ tag: 'issue', value: 'other.example' }, { tag: 'issue', value: 'letsencrypt.org; a=b' }),
  },
  'web-missing': { bad: () => web(), good: () => web(ip) },
  'web-wrong': { bad: () => web('192.0.2.12'), good: () => web(ip) },
  'web-several': { bad: () => web(ip, '192.0.2.12'), good: () => web(ip) },
  'no-mail-spf-missing': {
    bad: () => judgeNoSender('api.example.com', fix, said('unrelated')),
    good: () => judgeNoSender('api.example.com', fix, said('v=spf1 -all')),
  },
  'no-mail-spf-wrong': {
    bad: () => judgeNoSender('api.example.com', fix, said('v=spf1 a -all')),
    good: () => judgeNoSender('api.example.com', fix, said('v=spf1 -all')),
  },
  'no-mail-mx-missing': {
    bad: () => judgeNoReceiver('api.example.com', fix, said()),
    good: () => judgeNoReceiver('api.example.com', fix, said(...to(''))),
  },
  'no-mail-mx-wrong': {
    bad: () => judgeNoReceiver('api.example.com', fix, said(...to('mx.example.com'))),
    good: () => judgeNoReceiver('api.example.com', fix, said(...to(''))),
  },
  'blocklist-listed': { bad: () => listed(found('127.0.0.4')), good: () => listed(none) },
  'blocklist-undetermined': { bad: () => listed(found('127.255.255.254')), good: () => listed(none) },
  'blocklist-dead': { bad: () => listed(none, none), good: () => listed(none) },
  'name-servers-differ': {
    bad: () => codesOf(view([right, stale, right, right])),
    good: () => codesOf(view([right, right])),
  },
  'not-propagated': {
    bad: () => codesOf(view([right, right, stale, right])),
    good: () => codesOf(view([right, right, right, right])),
  },
  'name-server-silent': {
    bad: () => codesOf(view([right, unknown, right, right])),
    good: () => codesOf(view([right, right])),
  },
  'resolver-silent': {
    bad: () => codesOf(view([right, right, unknown, right])),
    good: () => codesOf(view([right, right, right])),
  },
  'zone-unknown': {
    bad: () => codesOf(view([undefined, undefined, right, right], { reason: 'the zone could not be found' })),
    good: () => codesOf(view([right, right, right, right])),
  },
  unsteady: { bad: () => looks('a-wrong', undefined, 'a-wrong'), good: () => looks('a-wrong', undefined, undefined) },
};

const code = (one: Finding | string): string => (typeof one === 'string' ? one : one.code);

describe('a key that DNS has as revoked', () => {
  it('comes with no record to paste, and with what to do instead', async () => {
    const [finding, ...others] = (await key({ kind: 'revoked' })) as readonly Finding[];
    expect(others).toEqual([]);
    expect(finding).toEqual({
      code: 'dkim-revoked',
      message:
        'mail1.example.com has an empty p=: the key was revoked, and a revoked key is never put back. SECRETS_DIR here may be older ' +
        'than what VPS2 signs with: bring its newest copy, or have `ee dkim recover` bring the key from VPS2; where neither helps, ' +
        '`ee dkim rotate --domain mail1.example.com` makes a new one.',
    });
  });
});

describe('every code', () => {
  it.each(Object.keys(PROBLEMS) as ProblemCode[])(
    '%s is found where it is, alone, and nowhere else',
    async (problem) => {
      const { bad, good } = CASES[problem];
      expect((await bad()).map(code)).toEqual([problem]);
      expect((await good()).map(code)).not.toContain(problem);
    },
  );
});
