import { ageInDays, ageOf, type KeyAge } from '../dkim/key-age.js';
import { domainKeys } from '../dkim/key-store.js';
import { isPending, type DomainKeys } from '../dkim/ledger/domain-keys.js';
import type { Look } from '../dkim/rotation/look.js';
import { nextSteps, type Policy, type Step } from '../dkim/rotation/steps.js';
import { dnsSurvey } from '../dns/survey.js';
import { EeError } from '../errors.js';
import type { Settings } from '../settings/settings.js';
import { dnsOf } from './dns-at-once.js';
import { policyOf } from './real-site.js';
import type { Dns } from './site.js';

/** The keys of a domain as they are, and what comes next. */
export interface KeyStatus {
  readonly keys: DomainKeys;
  readonly age: KeyAge;
  /** Whole days since the active key was made. */
  readonly days: number;
  readonly steps: readonly Step[];
  /** What DNS says, where it was asked. */
  readonly looks: ReadonlyMap<string, Look>;
}

export interface StatusOptions {
  /** Ask DNS too. */
  readonly dns: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** The status of every sending domain. Throws one error that names the domains without a key. */
export async function keyStatus(settings: Settings, { dns, now, signal }: StatusOptions): Promise<KeyStatus[]> {
  const policy = await policyOf(settings);
  const survey = dns ? dnsOf(dnsSurvey(settings.dns.resolvers, { signal })) : undefined;
  const found = await Promise.all(
    settings.sending.identities.map(async ({ domain }) => ({
      domain,
      keys: await domainKeys(settings.secretsDir, domain),
    })),
  );
  const missing = found.filter(({ keys }) => keys === undefined).map(({ domain }) => domain);
  if (missing.length > 0) throw new EeError('DKIM_KEY_MISSING', { domains: missing });
  return Promise.all(found.flatMap(({ keys }) => (keys ? [statusOf(keys, survey, now, policy)] : [])));
}

async function statusOf(keys: DomainKeys, dns: Dns | undefined, now: Date, policy: Policy): Promise<KeyStatus> {
  const looked = dns ? keys.keys.filter((key) => isPending(key) || key.state === 'revoked') : [];
  const looks = new Map<string, Look>();
  for (const key of looked) if (dns) looks.set(key.selector, await dns.look(keys.domain, key));
  const steps = nextSteps(keys, { now, policy, looks, begin: false });
  return { keys, age: ageOf(keys.active, now), days: ageInDays(keys.active, now), steps, looks };
}
