import type { Answer, DnsResolver } from './resolver.js';

/** A name that a host greets with, and the address from which it does. */
export interface GreetingHost {
  readonly ip: string;
  readonly host: string;
}

/** What DNS says of one: what is wrong, and what could not be determined. Both empty: name and address lead to each other. */
export interface Confirmation {
  readonly wrong: readonly string[];
  readonly unknown: readonly string[];
}

/** Forward-confirmed reverse DNS: the name leads to the address and the address back to the name. */
export function confirm({ ip, host }: GreetingHost, a: Answer, ptr: Answer): Confirmation {
  const wrong: string[] = [];
  const unknown: string[] = [];
  if (a.kind === 'unknown') unknown.push(`the A record of ${host}: ${a.reason}`);
  else if (a.kind === 'none') wrong.push(`${host} has no A record: ${a.reason}; it must lead to ${ip}`);
  else if (!a.values.includes(ip)) wrong.push(`${host} leads to ${a.values.join(', ')}, not to ${ip}`);
  if (ptr.kind === 'unknown') unknown.push(`the PTR record of ${ip}: ${ptr.reason}`);
  else if (ptr.kind === 'none') wrong.push(`${ip} has no PTR record: ${ptr.reason}; it must lead back to ${host}`);
  else if (!ptr.values.includes(host.toLowerCase()))
    wrong.push(`${ip} leads back to ${ptr.values.join(', ')}, not to ${host}`);
  return { wrong, unknown };
}

/** Hosts that are asked about at once. */
const AT_ONCE = 16;

/** Asks about all hosts, and puts together what is wrong and what is not known. */
export async function confirmAll(
  hosts: readonly GreetingHost[],
  resolver: Pick<DnsResolver, 'a' | 'ptr'>,
): Promise<Confirmation> {
  const found: Confirmation[] = [];
  for (let at = 0; at < hosts.length; at += AT_ONCE) {
    const some = hosts
      .slice(at, at + AT_ONCE)
      .map(async (one) => confirm(one, ...(await Promise.all([resolver.a(one.host), resolver.ptr(one.ip)]))));
    found.push(...(await Promise.all(some)));
  }
  return { wrong: found.flatMap(({ wrong }) => wrong), unknown: found.flatMap(({ unknown }) => unknown) };
}
