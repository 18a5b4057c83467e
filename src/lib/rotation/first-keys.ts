import { FIRST_SELECTOR, recordName } from '../dkim-selector.js';
import { freshSelector } from '../dkim/rotation/fresh-selector.js';
import type { DnsSurvey } from '../dns/survey.js';
import { dnsOf } from './dns-at-once.js';

/** What DNS says of the names under which the first keys of some domains would be published. */
export interface FirstKeys {
  /** Names that DNS has something under: there was a key before. */
  readonly published: readonly string[];
  /** Why DNS does not tell of others: a sentence each. */
  readonly unknown: readonly string[];
}

/** Asks the name servers of the zones alone: no resolver shall remember that a name is missing which is published next. */
export async function firstKeysInDns(domains: readonly string[], survey: DnsSurvey): Promise<FirstKeys> {
  const asked = await Promise.all(
    domains.map(async (domain) => {
      const name = recordName(FIRST_SELECTOR, domain);
      const { answers, reason } = await survey.txt(name, { ask: 'authoritative' });
      const silent = answers.flatMap(({ server, answer }) =>
        answer.kind === 'unknown' ? [`${server}: ${answer.reason}`] : [],
      );
      return { name, found: answers.some(({ answer }) => answer.kind === 'found'), answers, silent, reason };
    }),
  );
  return {
    published: asked.filter(({ found }) => found).map(({ name }) => name),
    unknown: asked
      .filter(({ found, answers, silent }) => !found && (answers.length === 0 || silent.length > 0))
      .map(({ name, silent, reason }) => `${name} (${[...silent, ...(reason ? [reason] : [])].join('; ')})`),
  };
}

/** A selector for each of the domains that DNS has nothing under, with the date, as far as DNS tells. */
export async function freshSelectors(
  domains: readonly string[],
  survey: DnsSurvey,
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  const dns = dnsOf(survey);
  const selectors = await Promise.all(
    domains.map(async (domain) => {
      const selector = await freshSelector(now, (one) => dns.isTaken(domain, one));
      return [domain, selector] as const;
    }),
  );
  return new Map(selectors);
}
