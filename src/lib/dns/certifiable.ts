import { isIP } from 'node:net';
import { caaCheck } from './check/domain-checks.js';
import { lookingWith } from './check/looking.js';
import type { DnsSurvey, NameView } from './view.js';

/** A web server's name, its address, and the authority that shall certify it, by the name that CAA records give it. */
export interface WebName {
  readonly name: string;
  readonly address: string;
  /** undefined where it is not known: CAA records are then not looked at. */
  readonly issuer: string | undefined;
}

/**
 * Why an authority that is asked for a certificate now would refuse it, or certify another host: sentences, none where DNS leads to
 * the host and nowhere else. Authorities count refusals, and let nobody try again soon.
 */
export async function obstacles(survey: DnsSurvey, { name, address, issuer }: WebName): Promise<string[]> {
  const isIpv6 = isIP(address) === 6;
  const wanted = isIpv6 ? new URL(`https://[${address}]`).hostname.slice(1, -1) : address; // as DNS answers are written
  const [own, other] = await Promise.all(
    isIpv6 ? [survey.aaaa(name), survey.a(name)] : [survey.a(name), survey.aaaa(name)],
  );
  const found = [...notLeadingTo(wanted, own), ...leadingElsewhere(other)];
  if (found.length > 0 || issuer === undefined) return found;
  const { findings } = await caaCheck(name, issuer, () => undefined).look(lookingWith(survey));
  return findings.filter(({ code }) => code === 'caa-forbids').map(({ message }) => message);
}

/** A server that gives no answer is no obstacle, as long as another one does: an authority asks several too. */
function notLeadingTo(address: string, view: NameView): string[] {
  const { name, type, answers, reason } = view;
  const said = statements(view);
  if (said.length === 0) {
    const why = answers.flatMap(({ answer }) => (answer.kind === 'unknown' ? [answer.reason] : []))[0] ?? reason;
    return [`Where ${name} leads could not be determined${why === undefined ? '' : `: ${why}`}.`];
  }
  const wrong = said.filter(({ values }) => values.join() !== address);
  const [first] = wrong;
  if (first === undefined) return [];
  const asked = wrong.length === said.length ? '' : `${first.server} says that `;
  return first.values.length === 0
    ? [`${asked}${name} has no ${type} record: it must lead to ${address}.`]
    : [`${asked}${name} leads to ${first.values.join(' and ')}, not to ${address} alone.`];
}

/** Authorities prefer IPv6. */
function leadingElsewhere(view: NameView): string[] {
  const values = [...new Set(statements(view).flatMap((one) => one.values))];
  return values.length === 0 ? [] : [`${view.name} has the ${view.type} record ${values.join(' and ')}: remove it.`];
}

/** What the servers that say something say. */
function statements({ answers }: NameView): { server: string; values: string[] }[] {
  return answers.flatMap(({ server, answer }) => {
    if (answer.kind === 'unknown') return [];
    return [{ server, values: answer.kind === 'found' ? [...answer.values].sort() : [] }];
  });
}
