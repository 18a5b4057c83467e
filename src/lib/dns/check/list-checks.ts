import { judgeListed } from './blocklist.js';
import { asIs } from './check.js';
import { seenOf } from './judge.js';
import type { Check } from './result.js';

/** Blocklists by the domains that are asked. */
export interface Blocklists {
  /** Lists of addresses, such as `zen.spamhaus.org`. */
  readonly addresses: readonly string[];
  /** Lists of names, such as `dbl.spamhaus.org`. */
  readonly names: readonly string[];
}

/** The entries that stand for "listed" and "never listed" on every list (RFC 5782 §5). */
const TESTS = {
  addresses: { listed: reversed('127.0.0.2'), never: reversed('127.0.0.1') },
  names: { listed: 'test', never: 'invalid' },
} as const;

/** Each address and each name of the sending hosts, on each list. */
export function listChecks(
  lists: Blocklists,
  hosts: readonly { readonly ip: string; readonly domain: string }[],
): Check[] {
  return hosts.flatMap(({ ip, domain }) => [
    ...lists.addresses.map((list) => entryCheck(list, 'addresses', domain, ip, reversed(ip))),
    ...lists.names.map((list) => entryCheck(list, 'names', domain, domain, domain)),
  ]);
}

function entryCheck(list: string, kind: keyof Blocklists, host: string, what: string, entry: string): Check {
  const name = `${entry}.${list}`;
  const { listed, never } = TESTS[kind];
  return {
    ...{ kind: 'blocklist', host, name, type: 'A', right: `${list} does not list ${what}` },
    look: async ({ resolvers }) => {
      const [test, nothing, there] = await Promise.all([
        resolvers.a(`${listed}.${list}`),
        resolvers.a(`${never}.${list}`),
        resolvers.a(name),
      ]);
      const findings = judgeListed(what, list, { test: test.answers, nothing: nothing.answers, entry: there.answers });
      return { findings, seen: there.answers.map((one) => seenOf(one, asIs)) };
    },
  };
}

/** An address as lists have it (RFC 5782 §2.1): its octets turned around. */
function reversed(ip: string): string {
  return ip.split('.').reverse().join('.');
}
