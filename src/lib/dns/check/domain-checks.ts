import type { Answer } from '../answer.js';
import { issuerOf } from '../certificate-authority.js';
import { domainOf } from '../names.js';
import type { DnsSettings } from '../record-set.js';
import type { CaaProperty } from '../values.js';
import type { NameView } from '../view.js';
import { judgeWeb } from './address.js';
import { judgeCaa, writeCaa } from './authority.js';
import { asIs, checkOf, writeMx } from './check.js';
import { dmarcTags, judgeDmarc, judgeReportPermission, outsideReportDomains } from './dmarc/judge.js';
import type { fixesIn } from './fix.js';
import { aaaaCheck } from './host-checks.js';
import { firstAnswer } from './lookups.js';
import { judgePostmasterMx } from './mail-exchange.js';
import { judgeNoReceiver, judgeNoSender } from './no-mail.js';
import type { Check, Finding, Fix, Looking } from './result.js';

type Fixes = ReturnType<typeof fixesIn>;

/** The DMARC policy of a domain, and whether those who shall get its reports have agreed to. */
export function policyCheck(domain: string, fix: Fixes): Check {
  const name = `_dmarc.${domain}`;
  return checkOf(
    { kind: 'dmarc', host: domain, name, type: 'TXT', right: `${domain} has a DMARC policy` },
    ({ survey }) => survey.txt(name),
    asIs,
    async (said, { resolvers }) => {
      const outside = outsideReportDomains(domain, dmarcTags(said.values));
      const permissions = outside.map(async (one) => {
        const place = `${domain}._report._dmarc.${one}`;
        return reportPermission(domain, one, firstAnswer(await resolvers.txt(place)), fix('TXT', place));
      });
      return [...judgeDmarc({ name, fix: fix('TXT', name) }, said), ...(await Promise.all(permissions)).flat()];
    },
  );
}

/** What the receiver of reports says about taking them. */
export function reportPermission(
  policyDomain: string,
  reportDomain: string,
  answer: Answer,
  fix: Fix | undefined,
): readonly Finding[] {
  if (answer.kind === 'unknown') {
    const message = `Whether ${reportDomain} takes DMARC reports about ${policyDomain} is not known: ${answer.reason}.`;
    return [{ code: 'dmarc-reports-undetermined', message }];
  }
  const values = answer.kind === 'found' ? answer.values : [];
  return judgeReportPermission({ policyDomain, reportDomain, fix }, { values, alias: undefined });
}

/** The mailbox that reports and complaints go to, where it is not at a sending host. */
export function postmasterCheck({ sending: { postmaster, identities } }: DnsSettings): Check[] {
  const domain = domainOf(postmaster);
  if (identities.some((identity) => identity.domain === domain)) return [];
  return [
    checkOf(
      { kind: 'postmaster-mx', host: domain, name: domain, type: 'MX', right: `${postmaster} can get reports` },
      ({ survey }) => survey.mx(domain),
      writeMx,
      (said) => judgePostmasterMx(postmaster, domain, said),
    ),
  ];
}

/** The names of panel and API: where they lead, and who may certify them. */
export function webChecks({ hosts, mailwizz, engine, tls }: DnsSettings, fix: Fixes): Check[] {
  const issuer = issuerOf(tls.acmeDirectoryUrl);
  const names = [
    { host: mailwizz.panelDomain, ip: hosts.vps1.address },
    { host: engine.domain, ip: hosts.vps3.address },
  ];
  return names.flatMap(({ host, ip }) => [
    checkOf(
      { kind: 'web', host, name: host, type: 'A', right: `${host} leads to ${ip}` },
      ({ survey }) => survey.a(host),
      asIs,
      (said) => judgeWeb({ name: host, ip, fix: fix('A', host) }, said),
    ),
    aaaaCheck(host),
    ...noMailChecks(host, fix),
    ...(issuer === undefined ? [] : [caaCheck(host, issuer, fix)]),
  ]);
}

function noMailChecks(host: string, fix: Fixes): Check[] {
  return [
    checkOf(
      { kind: 'no-mail', host, name: host, type: 'TXT', right: `SPF says that no mail comes from ${host}` },
      ({ survey }) => survey.txt(host),
      asIs,
      (said) => judgeNoSender(host, fix('TXT', host), said),
    ),
    checkOf(
      { kind: 'no-mail', host, name: host, type: 'MX', right: `${host} says that it takes no mail` },
      ({ survey }) => survey.mx(host),
      writeMx,
      (said) => judgeNoReceiver(host, fix('MX', host), said),
    ),
  ];
}

/** Whether an authority may certify a name, by the CAA records that hold for it. */
export function caaCheck(host: string, issuer: string, fix: Fixes): Check {
  const places = upwards(host);
  const wanted = places.map((name) => fix('CAA', name)).find((one) => one !== undefined);
  return checkOf(
    { kind: 'caa', host, name: host, type: 'CAA', right: `${issuer} may certify ${host}` },
    ({ survey }) => nearestCaa(survey, places),
    writeCaa,
    (said) => judgeCaa({ name: host, issuer, fix: wanted }, said),
  );
}

/** The CAA records that hold for a name: its own, or those of the nearest name above it that has any (RFC 8659 §3). */
async function nearestCaa(survey: Looking['survey'], [name = '', ...above]: string[]): Promise<NameView<CaaProperty>> {
  const view = await survey.caa(name);
  const absent = view.answers.length > 0 && view.answers.every(({ answer }) => answer.kind === 'none');
  return absent && above.length > 0 ? nearestCaa(survey, above) : view;
}

/** A name and those above it, down to two labels: what is above belongs to a registry. */
function upwards(name: string): string[] {
  const labels = name.split('.');
  return labels.slice(0, Math.max(1, labels.length - 1)).map((_, at) => labels.slice(at).join('.'));
}
