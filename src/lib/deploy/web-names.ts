import { issuerOf } from '../dns/certificate-authority.js';
import { obstacles, type WebName } from '../dns/certifiable.js';
import { dnsSurvey } from '../dns/survey.js';
import type { HostName, Settings } from '../settings/settings.js';

/** A host with a certificate of an authority, and why none may be asked for now. */
export interface LookedUp extends Pick<WebName, 'name'> {
  readonly obstacles: readonly string[];
}

export type WebNames = Readonly<Partial<Record<HostName, LookedUp>>>;

/** Looks in DNS whether the names of panel and API lead to their hosts: those of `hosts`. */
export async function lookUpWebNames(
  settings: Settings,
  hosts: readonly HostName[],
  signal: AbortSignal,
): Promise<WebNames> {
  const survey = dnsSurvey(settings.dns.resolvers, { signal });
  const issuer = issuerOf(settings.tls.acmeDirectoryUrl);
  const wanted = [
    { host: 'vps1', name: settings.mailwizz.panelDomain },
    { host: 'vps3', name: settings.engine.domain },
  ] as const;
  const found = wanted
    .filter(({ host }) => hosts.includes(host))
    .map(async ({ host, name }) => {
      const { address } = settings.hosts[host];
      return [host, { name, obstacles: await obstacles(survey, { name, address, issuer }) }] as const;
    });
  return Object.fromEntries(await Promise.all(found));
}

export const isCertifiable = (name: LookedUp | undefined): boolean => name?.obstacles.length === 0;

/** What the operator must know: sentences, none where every name leads to its host. */
export function waiting(names: WebNames): string[] {
  return Object.values(names).flatMap(({ name, obstacles: found }) =>
    found.length === 0
      ? []
      : [
          `No certificate authority is asked about ${name}: ${found.join(' ')} ` +
            'Next: put DNS right (`ee dns records` shows what to publish), then run the same command again.',
        ],
  );
}
