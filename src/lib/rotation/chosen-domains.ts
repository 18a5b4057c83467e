import { domainKeys } from '../dkim/key-store.js';
import { isUnderWay } from '../dkim/ledger/domain-keys.js';
import { EeError } from '../errors.js';
import type { Settings } from '../settings/settings.js';

export interface Choice {
  readonly domains: readonly string[];
  readonly all: boolean;
}

/** The domains that the operator means: those named, all, or without a word those whose rotation is under way. */
export async function chosenDomains({ sending, secretsDir }: Settings, { domains, all }: Choice): Promise<string[]> {
  const known = sending.identities.map(({ domain }) => domain);
  if (all) return known;
  for (const domain of domains) {
    if (!known.includes(domain)) throw new EeError('DKIM_DOMAIN_UNKNOWN', { domain, domains: known });
  }
  if (domains.length > 0) return [...new Set(domains)];
  const underWay: string[] = [];
  for (const domain of known) {
    const keys = await domainKeys(secretsDir, domain);
    if (keys && isUnderWay(keys)) underWay.push(domain);
  }
  if (underWay.length === 0) throw new EeError('DKIM_NOTHING_UNDER_WAY', {});
  return underWay;
}
