import { recordName } from '../dkim-selector.js';
import { look, RESOLVERS_NEEDED } from '../dkim/rotation/look.js';
import type { DnsSurvey } from '../dns/survey.js';
import { EeError } from '../errors.js';
import type { Dns } from './site.js';

/**
 * What a survey says of the keys. The resolvers are asked only for what the name servers of the zone have already: a resolver that hears
 * that a name is missing goes on saying so, to all who verify signatures with its help.
 */
export function dnsOf(survey: DnsSurvey): Dns {
  return {
    async look(domain, { selector, fingerprint }) {
      const name = recordName(selector, domain);
      const ofZone = look(await survey.txt(name, { ask: 'authoritative' }), fingerprint);
      return ofZone.authoritative.kind === 'right' ? look(await survey.txt(name), fingerprint) : ofZone;
    },
    async isTaken(domain, selector) {
      const { answers } = await survey.txt(recordName(selector, domain), { ask: 'authoritative' });
      return answers.some(({ answer }) => answer.kind === 'found');
    },
  };
}

/** One resolver alone may be the one with an old answer: no key comes into force on its word. */
export function assertEnoughResolvers({ resolvers }: DnsSurvey): void {
  if (resolvers.length < RESOLVERS_NEEDED) throw new EeError('DKIM_RESOLVERS_FEW', { resolvers });
}
