import { isIP } from 'node:net';
import { recordName } from '../../dkim-selector.js';
import type { SendingIdentity } from '../../settings/settings.js';
import type { UnreadDkim } from '../dkim-record.js';
import { domainOf, reverseName } from '../names.js';
import type { MailExchange } from '../values.js';
import { judgeA, judgeAaaa } from './address.js';
import { asIs, checkOf, writeMx } from './check.js';
import { judgeDkim, type ExpectedKey, type ReadKey } from './dkim.js';
import { judgeAlignment } from './dmarc/alignment.js';
import { dmarcTags, judgeDmarc } from './dmarc/judge.js';
import type { fixesIn } from './fix.js';
import { firstAnswer, lookupsOf } from './lookups.js';
import { judgeMx, type ExchangeAddress } from './mail-exchange.js';
import { judgeMtaSts, judgeTlsRpt } from './reporting.js';
import { judgePtr } from './reverse.js';
import type { Check, Fix, Looking } from './result.js';
import { evaluateSpf, type SpfResult } from './spf/evaluate.js';
import { judgeSpf, onlySpf } from './spf/judge.js';
import { unreadCheck } from './unread-key.js';

export interface HostSubject {
  readonly identity: SendingIdentity;
  readonly keys: readonly ExpectedKey[];
  readonly unread: readonly UnreadDkim[];
  readonly readKey: ReadKey;
  /** The domain whose DMARC policy holds for the host. */
  readonly policyDomain: string;
  readonly fix: ReturnType<typeof fixesIn>;
}

/** Everything that is checked of one sending host. Nothing in it depends on another host. */
export function hostChecks(subject: HostSubject): Check[] {
  const { identity, keys, unread, readKey, fix } = subject;
  const { ip, domain: host } = identity;
  return [
    checkOf(
      { kind: 'a', host, name: host, type: 'A', right: `${host} leads to ${ip}` },
      ({ survey }) => survey.a(host),
      asIs,
      (said) => judgeA({ name: host, ip, fix: fix('A', host) }, said),
    ),
    checkOf(
      { kind: 'ptr', host, name: reverseName(ip), type: 'PTR', right: `${ip} leads back to ${host}` },
      ({ survey }) => survey.ptr(ip),
      asIs,
      (said) => judgePtr({ ip, domain: host, fix: fix('PTR', reverseName(ip)) }, said),
    ),
    aaaaCheck(host),
    ...spfChecks(subject),
    ...keys.map((key) => dkimCheck(key, host, readKey, fix)),
    ...unread.map((key) => unreadCheck(key, host)),
    dmarcCheck(subject),
    mxCheck(subject),
    checkOf(
      {
        kind: 'tls-rpt',
        host,
        name: `_smtp._tls.${host}`,
        type: 'TXT',
        right: 'others report how TLS to this host works',
      },
      ({ survey }) => survey.txt(`_smtp._tls.${host}`),
      asIs,
      (said) => judgeTlsRpt(`_smtp._tls.${host}`, fix('TXT', `_smtp._tls.${host}`), said),
    ),
    checkOf(
      { kind: 'mta-sts', host, name: `_mta-sts.${host}`, type: 'TXT', right: 'MTA-STS is either right or not there' },
      ({ survey }) => survey.txt(`_mta-sts.${host}`),
      asIs,
      (said) => judgeMtaSts(`_mta-sts.${host}`, said),
    ),
  ];
}

export function aaaaCheck(host: string): Check {
  return checkOf(
    { kind: 'aaaa', host, name: host, type: 'AAAA', right: `${host} has no IPv6 address` },
    ({ survey }) => survey.aaaa(host),
    asIs,
    (said) => judgeAaaa(host, said),
  );
}

/** SPF of the greeting, and of the return path where that is at another domain. */
function spfChecks({ identity: { ip, domain: host, sender }, fix }: HostSubject): Check[] {
  const apart = domainOf(sender) === host ? [] : [domainOf(sender)];
  const greeting = [`postmaster@${host}`, ...(apart.length === 0 ? [sender] : [])];
  return [
    spfCheck(host, host, ip, greeting, fix('TXT', host)),
    // What else sends from that domain is not known here, so there is no record to give.
    ...apart.map((domain) => spfCheck(host, domain, ip, [sender], undefined)),
  ];
}

function spfCheck(host: string, name: string, ip: string, addresses: readonly string[], fix: Fix | undefined): Check {
  return checkOf(
    { kind: 'spf', host, name, type: 'TXT', right: `SPF of ${name} allows ${ip}` },
    ({ survey }) => survey.txt(name),
    asIs,
    async (said, { resolvers }) => {
      const text = onlySpf(said);
      const evaluate = (address: string): Promise<SpfResult> =>
        evaluateSpf(text ?? '', { ip, address, helo: host }, name, lookupsOf(resolvers));
      const results = text === undefined ? [] : await Promise.all(addresses.map(evaluate));
      return judgeSpf({ name, ip, fix }, said, results);
    },
  );
}

function dkimCheck(key: ExpectedKey, host: string, read: ReadKey, fix: HostSubject['fix']): Check {
  const name = recordName(key.selector, key.domain);
  const right = key.revoked ? `the key ${key.selector} is given up` : `DNS has the key ${key.selector}`;
  return checkOf(
    { kind: 'dkim', host, name, type: 'TXT', right },
    ({ survey }) => survey.txt(name),
    asIs,
    (said) => judgeDkim(key, { name, fix: fix('TXT', name), read }, said),
  );
}

/** A policy of the host's own, which counts before that of the domain; and the alignment of its mail. */
function dmarcCheck({ identity: { domain: host, sender }, policyDomain }: HostSubject): Check {
  const name = `_dmarc.${host}`;
  return checkOf(
    { kind: 'dmarc', host, name, type: 'TXT', right: `the mail of ${host} is aligned` },
    ({ survey }) => survey.txt(name),
    asIs,
    async (said, { survey }) => {
      const own = said.values.length > 0 ? said.values : await policyOf(survey, policyDomain);
      return [
        // Where the host is the domain with the policy, that is checked as such.
        ...(host === policyDomain ? [] : judgeDmarc({ name, fix: undefined, optional: true }, said)),
        ...judgeAlignment(
          { from: domainOf(sender), returnPath: domainOf(sender), signature: host },
          dmarcTags(own),
          policyDomain,
        ),
      ];
    },
  );
}

async function policyOf(survey: Looking['survey'], domain: string): Promise<readonly string[]> {
  const answer = firstAnswer(await survey.txt(`_dmarc.${domain}`));
  return answer.kind === 'found' ? answer.values : [];
}

const isHostName = (exchange: string): boolean => exchange !== '' && isIP(exchange) === 0;

function mxCheck({ identity: { ip, domain: host }, fix }: HostSubject): Check {
  return checkOf<MailExchange>(
    { kind: 'mx', host, name: host, type: 'MX', right: `bounces come back to ${host}` },
    ({ survey }) => survey.mx(host),
    writeMx,
    async (said, { survey }) => {
      // Whether the host's own name leads to it is a check of its own.
      const names = said.values.map(({ exchange }) => exchange).filter((name) => name !== host && isHostName(name));
      const address = async (exchange: string): Promise<ExchangeAddress> => {
        const view = await survey.a(exchange);
        const alias = view.answers.find((one) => one.alias !== undefined)?.alias;
        return { exchange, answer: firstAnswer(view), alias };
      };
      return judgeMx({ name: host, ip, fix: fix('MX', host) }, said, await Promise.all(names.map(address)));
    },
  );
}
