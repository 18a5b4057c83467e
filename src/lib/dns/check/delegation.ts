import type { Delegation, DelegatedServer } from '../delegation.js';
import { isWithin } from '../names.js';
import { asIs } from './check.js';
import { seenOf } from './judge.js';
import type { Check, Finding, Look, Looking } from './result.js';

/** The delegation of the zones that a domain and the names below it are in, and of those of the other names. */
export function delegationChecks(domain: string, names: readonly string[]): Check[] {
  const outside = [...new Set(names)].filter((name) => !isWithin(name, domain));
  return [domain, ...outside].map((host) => ({
    ...{ kind: 'delegation', host, name: host, type: 'NS' },
    right: `the zone of ${host} is delegated to name servers that answer for it`,
    look: async (dns) => {
      const inside = names.filter((name) => isWithin(name, host));
      const looks = await Promise.all((await zonesWith([...new Set([host, ...inside])], dns)).map(lookAt(dns)));
      return { findings: looks.flatMap(({ findings }) => findings), seen: looks.flatMap(({ seen }) => seen) };
    },
  }));
}

/** The zones that these names are in; or why nobody says so. */
async function zonesWith(names: readonly string[], { survey }: Looking): Promise<(string | Error)[]> {
  const views = await Promise.all(names.map((name) => survey.a(name, { ask: 'authoritative' })));
  const zones = [...new Set(views.flatMap(({ zone }) => zone ?? []))].sort();
  const [reason] = views.flatMap((view) => (view.zone === undefined ? [view.reason ?? 'nobody says which it is'] : []));
  return reason === undefined ? zones : [...zones, new Error(reason)];
}

const lookAt =
  ({ survey }: Looking) =>
  async (zone: string | Error): Promise<Look> =>
    zone instanceof Error
      ? { findings: [undetermined(`${zone.message}.`)], seen: [] }
      : judged(await survey.delegation(zone));

const undetermined = (message: string): Finding => ({ code: 'delegation-undetermined', message });

function judged(delegation: Delegation): Look {
  const { zone, above, by, servers } = delegation;
  const answers = [
    ...(by === undefined ? [] : [{ server: `${by}, above ${zone}`, answer: above }]),
    ...servers.map(({ server, answer }) => ({ server, answer })),
  ];
  return {
    findings: judgeDelegation(delegation),
    seen: answers.map((one) => seenOf({ ...one, role: 'authoritative', ttl: undefined }, asIs)),
  };
}

/** Whether a zone can be found by who starts above it, at each of its name servers. */
export function judgeDelegation({ zone, above, by, servers }: Delegation): readonly Finding[] {
  if (above.kind === 'unknown') {
    return [undetermined(`What the zone above says of ${zone} is not known: ${above.reason}.`)];
  }
  if (above.kind === 'none') {
    const message = `${by ?? 'The zone above'} does not refer to ${zone}: ${above.reason}. Nobody finds its records; ask your registrar.`;
    return [{ code: 'delegation-missing', message }];
  }
  return [...servers.flatMap((server) => unanswered(zone, server)), ...differing(zone, above.values, servers)];
}

function unanswered(zone: string, { server, answer, lame }: DelegatedServer): Finding[] {
  if (answer.kind !== 'unknown') return [];
  if (lame) {
    const message = `The zone above refers to ${server} for ${zone}, which does not answer for it: ${answer.reason}. Have it serve the zone, or removed at your registrar.`;
    return [{ code: 'delegation-lame', message }];
  }
  const message = `${server} does not say whether it answers for ${zone}: ${answer.reason}.`;
  return [{ code: 'name-server-silent', message, cause: `${server}: ${answer.reason}` }];
}

/** The zone above and each server of the zone must name the same servers (RFC 1034 §4.2.2). */
function differing(zone: string, above: readonly string[], servers: readonly DelegatedServer[]): Finding[] {
  const set = (names: readonly string[]): string => [...new Set(names)].sort().join(' and ') || 'none';
  const other = servers.find(({ answer }) => answer.kind !== 'unknown' && set(namesIn(answer)) !== set(above));
  if (other === undefined) return [];
  const message = `The zone above names ${set(above)} for ${zone}, and ${other.server} names ${set(namesIn(other.answer))}: make the two the same.`;
  return [{ code: 'delegation-differs', message }];
}

const namesIn = (answer: DelegatedServer['answer']): readonly string[] =>
  answer.kind === 'found' ? answer.values : [];
