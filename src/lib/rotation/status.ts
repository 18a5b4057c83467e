import { ageInDays, ageOf, type KeyAge } from '../dkim/key-age.js';
import { domainKeys, lostKeys } from '../dkim/key-store.js';
import type { DomainKey, DomainKeys } from '../dkim/ledger/domain-keys.js';
import type { Look } from '../dkim/rotation/look.js';
import { nextSteps, type Policy, type Step } from '../dkim/rotation/steps.js';
import { dnsSurvey } from '../dns/survey.js';
import { EeError } from '../errors.js';
import type { Settings } from '../settings/settings.js';
import { Alone, type FailedDomain } from './alone.js';
import { dnsOf } from './dns-at-once.js';
import { policyOf } from './real-site.js';
import { clockDoubt } from './sentences.js';
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
  /** What is not as it should be: sentences. */
  readonly problems: readonly string[];
}

export interface StatusOptions {
  /** Ask DNS too. */
  readonly dns: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
}

export interface AllKeys {
  readonly statuses: readonly KeyStatus[];
  /** Domains whose keys do not tell. */
  readonly failed: readonly FailedDomain[];
}

/** The status of every sending domain. Throws DKIM_KEY_MISSING where no domain has a key. */
export async function keyStatus(settings: Settings, { dns, now, signal }: StatusOptions): Promise<AllKeys> {
  const policy = await policyOf(settings);
  const survey = dns ? dnsOf(dnsSurvey(settings.dns.resolvers, { signal })) : undefined;
  const { secretsDir, sending } = settings;
  const alone = new Alone();
  const statuses = await alone.all(sending.identities, async ({ domain }) => {
    const keys = await domainKeys(secretsDir, domain);
    if (!keys) throw new EeError('DKIM_KEY_MISSING', { domains: [domain], folder: secretsDir });
    return statusOf(keys, await lostKeys(secretsDir, keys), survey, now, policy);
  });
  const without = alone.failed.filter(({ error }) => error.code === 'DKIM_KEY_MISSING').map(({ domain }) => domain);
  if (without.length === sending.identities.length)
    throw new EeError('DKIM_KEY_MISSING', { domains: without, folder: secretsDir });
  return { statuses, failed: alone.failed };
}

/** The status of one domain. */
export async function statusOf(
  keys: DomainKeys,
  lost: ReadonlyMap<string, string>,
  dns: Dns | undefined,
  now: Date,
  policy: Policy,
): Promise<KeyStatus> {
  const looks = new Map<string, Look>();
  for (const key of keys.keys) {
    if (dns && key.state !== 'removed') looks.set(key.selector, await dns.look(keys.domain, key));
  }
  const steps = nextSteps(keys, { now, policy, looks, lost, begin: false });
  const problems = [
    ...keys.keys.flatMap((key) => lossSentence(keys.domain, key, lost.get(key.selector))),
    ...keys.keys.flatMap((key) => unpublished(key, looks.get(key.selector))),
    ...clockDoubt(keys, now),
  ];
  return { keys, age: ageOf(keys.active, now), days: ageInDays(keys.active, now), steps, looks, problems };
}

/** A lost key, and the way out. One that waits for its turn is among what is next. */
function lossSentence(domain: string, { selector, state }: DomainKey, loss: string | undefined): string[] {
  if (loss === undefined) return [];
  if (state === 'active') {
    return [
      `${selector}: ${loss}. VPS2 has the key and goes on signing. Bring the file back from your own copy, or with \`ee dkim recover\` from VPS2; or replace the key: \`ee dkim rotate --domain ${domain}\``,
    ];
  }
  if (state === 'retiring')
    return [`${selector}: ${loss}. Leave its record in DNS as it is; the file is not needed any more`];
  return [`${selector}: ${loss}. \`ee dkim rotate\` gives this key up and makes another one`];
}

/** What signs, or signed not long ago, must be in DNS. What comes before and after is among what is next. */
function unpublished({ selector, state }: DomainKey, look: Look | undefined): string[] {
  if (!look || (state !== 'active' && state !== 'retiring')) return [];
  const { everywhere: verdict } = look;
  if (verdict.kind === 'right' || verdict.kind === 'unknown') return [];
  return [`${selector}: DNS does not have this key as it should be: ${verdict.reasons.join('; ')}`];
}
