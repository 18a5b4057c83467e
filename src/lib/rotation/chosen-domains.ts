import { domainKeys } from '../dkim/key-store.js';
import { isUnderWay } from '../dkim/ledger/domain-keys.js';
import { EeError } from '../errors.js';
import type { Settings } from '../settings/settings.js';
import { isOwn } from './alone.js';

export interface Choice {
  /** As the operator wrote them. */
  readonly domains: readonly string[];
  readonly all: boolean;
}

/**
 * The domains that the operator means: those named, all, or without a word those whose rotation is under way, and those whose keys do
 * not tell.
 */
export async function chosenDomains(settings: Settings, { domains, all }: Choice): Promise<string[]> {
  const known = settings.sending.identities.map(({ domain }) => domain);
  if (all) return known;
  if (domains.length > 0) return [...new Set(domains.map((written) => meant(written, known)))];
  const under = await Promise.all(known.map((domain) => isToContinue(settings, domain)));
  return known.filter((_, at) => under[at]);
}

/** Case and a dot at the end make no other domain (RFC 4343, RFC 1034 §3.1). */
export function meant(written: string, known: readonly string[]): string {
  const domain = written.trim().toLowerCase().replace(/\.$/, '');
  const found = known.find((one) => one.toLowerCase() === domain);
  if (found !== undefined) return found;
  throw new EeError('DKIM_DOMAIN_UNKNOWN', { domain, domains: known });
}

async function isToContinue({ secretsDir }: Settings, domain: string): Promise<boolean> {
  try {
    const keys = await domainKeys(secretsDir, domain);
    return keys !== undefined && isUnderWay(keys);
  } catch (error) {
    if (isOwn(error)) return true;
    throw error;
  }
}
