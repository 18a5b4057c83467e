import type { SendingIdentity } from '../settings/settings.js';
import { domainOf, isWithin } from './names.js';
import { txt, type DnsRecord } from './records.js';

/**
 * DMARC (RFC 9989: no `pct`, `np` for names that do not exist) and TLS reporting (RFC 8460). Receivers find the policy of a sending
 * host by walking up the tree, so one at the base domain serves all hosts below it; a host elsewhere gets its own.
 */
export function policyRecords(
  baseDomain: string,
  identities: readonly SendingIdentity[],
  postmaster: string,
): { records: DnsRecord[]; notes: string[] } {
  const domains = policyDomains(baseDomain, identities);
  const reportDomain = domainOf(postmaster);
  const permissions = domains
    .filter((domain) => !isWithin(domain, reportDomain) && !isWithin(reportDomain, domain))
    .map((domain) =>
      txt(`${domain}._report._dmarc.${reportDomain}`, 'v=DMARC1', `takes DMARC reports about ${domain}`),
    );
  const ours = [...domains, ...identities.map(({ domain }) => domain)];
  const publishable = ours.some((domain) => isWithin(reportDomain, domain));

  return {
    records: [
      ...domains.map((domain) =>
        txt(
          `_dmarc.${domain}`,
          `v=DMARC1; p=none; rua=mailto:${postmaster}; np=reject`,
          'DMARC, collecting reports first',
        ),
      ),
      ...(publishable ? permissions : []),
      ...identities.map(({ domain }) =>
        txt(`_smtp._tls.${domain}`, `v=TLSRPTv1; rua=mailto:${postmaster}`, 'reports about TLS to this host'),
      ),
    ],
    notes: [
      // The settings do not allow a postmaster at a sending host, and no other name has an MX record here.
      `Reports about DMARC and TLS go to ${postmaster}: that mailbox must exist, and ${reportDomain} needs an MX record, which is not among these.`,
      ...(publishable
        ? []
        : permissions.map(
            (record) => `${reportDomain} must publish TXT ${record.name} "${record.text}" to get the DMARC reports.`,
          )),
    ],
  };
}

/** The domains with a policy of their own: the base domain for all below it, and each sending host elsewhere for itself. */
export function policyDomains(baseDomain: string, identities: readonly { readonly domain: string }[]): string[] {
  const outside = identities.map(({ domain }) => domain).filter((domain) => !isWithin(domain, baseDomain));
  return [...new Set([baseDomain, ...outside])];
}
