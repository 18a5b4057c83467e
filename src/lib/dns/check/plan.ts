import { isWithin } from '../names.js';
import { policyDomains } from '../policy.js';
import type { DnsSettings, RecordSet } from '../record-set.js';
import type { UnreadDkim } from '../dkim-record.js';
import { delegationChecks } from './delegation.js';
import type { ExpectedKey, ReadKey } from './dkim.js';
import { policyCheck, postmasterCheck, webChecks } from './domain-checks.js';
import { fixesIn } from './fix.js';
import { hostChecks } from './host-checks.js';
import { listChecks, type Blocklists } from './list-checks.js';
import { mailPortChecks } from './mail-port.js';
import type { Check } from './result.js';

/** What DNS must say, and how what it says is read. */
export interface CheckSubject {
  readonly settings: DnsSettings;
  /** The records that should be there: what is wrong is repaired with one of them. */
  readonly records: RecordSet;
  /** Every key that must be in DNS, and those that must be there as given up. */
  readonly keys: readonly ExpectedKey[];
  /** Keys of which nobody here can say what DNS must have. */
  readonly unread: readonly UnreadDkim[];
  readonly readKey: ReadKey;
  /** Lists to be asked about each address and name; none when they are not wanted. */
  readonly blocklists?: Blocklists;
}

/** Everything that is checked, host by host. */
export function planChecks({ settings, records, keys, unread, readKey, blocklists }: CheckSubject): Check[] {
  const fix = fixesIn([...records.records, ...records.reverse]);
  const { baseDomain, identities } = settings.sending;
  const hosts = identities.flatMap((identity) => {
    const policyDomain = isWithin(identity.domain, baseDomain) ? baseDomain : identity.domain;
    const own = <Key extends { readonly domain: string }>(some: readonly Key[]): Key[] =>
      some.filter(({ domain }) => domain === identity.domain);
    return hostChecks({ identity, keys: own(keys), unread: own(unread), readKey, policyDomain, fix });
  });
  // The policy of a domain is checked once, also where a sending host is that domain.
  const policies = policyDomains(baseDomain, identities).map((domain) => policyCheck(domain, fix));
  const names = [...identities.map(({ domain }) => domain), settings.mailwizz.panelDomain, settings.engine.domain];
  return [
    ...delegationChecks(baseDomain, names),
    ...hosts,
    ...mailPortChecks(identities),
    ...policies,
    ...postmasterCheck(settings),
    ...webChecks(settings, fix),
    ...(blocklists ? listChecks(blocklists, identities) : []),
  ];
}

/** The checks that say something where only the servers are asked that somebody named: none of where a zone is found. */
export function checksOfServers(checks: readonly Check[]): Check[] {
  return checks.filter(({ kind }) => kind !== 'delegation');
}

/** Those checks that are about one of these names: a host or domain, or the very name that is asked about. */
export function checksAbout(checks: readonly Check[], names: readonly string[]): Check[] {
  return checks.filter(({ host, name }) => names.includes(host) || names.includes(name));
}
