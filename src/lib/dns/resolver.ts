import { getServers } from 'node:dns';
import { read, type Answer } from './answer.js';
import { ask, type AskOptions } from './ask.js';
import { canonical, isPossibleName } from './message.js';
import { reverseName } from './names.js';
import type { MailExchange, QueryType, ValueTypes } from './values.js';

export type { Answer } from './answer.js';

/** Questions to name servers. Nothing is cached here. */
export interface DnsResolver {
  a(name: string): Promise<Answer>;
  aaaa(name: string): Promise<Answer>;
  /** Names that an IPv4 address leads back to, in lower case and without the final dot. */
  ptr(address: string): Promise<Answer>;
  mx(name: string): Promise<Answer<MailExchange>>;
  /** Each record as one text: its character strings are joined without anything between them (RFC 7208, 3.3). */
  txt(name: string): Promise<Answer>;
}

export interface ResolverOptions {
  /** Milliseconds for one try; there are two, the second of twice the time. */
  readonly timeout?: number;
}

/** Asks `servers` (`address[:port]`), one after the other until one answers; without any, those of this machine. */
export function dnsResolver(servers: readonly string[], { timeout = 3000 }: ResolverOptions = {}): DnsResolver {
  const resolvers = servers.length > 0 ? servers : getServers();
  const options = { recursion: true, timeouts: [timeout, timeout * 2] };
  const one = <Type extends QueryType>(type: Type, name: string): Promise<Answer<ValueTypes[Type]>> =>
    firstAnswer(resolvers, type, name, options);
  return {
    a: (name) => one('A', name),
    aaaa: (name) => one('AAAA', name),
    ptr: (address) => one('PTR', reverseName(address)),
    mx: (name) => one('MX', name),
    txt: (name) => one('TXT', name),
  };
}

async function firstAnswer<Type extends QueryType>(
  servers: readonly string[],
  type: Type,
  written: string,
  options: AskOptions,
): Promise<Answer<ValueTypes[Type]>> {
  const name = canonical(written);
  if (!isPossibleName(name)) return { kind: 'none', reason: 'it is no name that DNS can hold' };
  let reason = 'there is no name server to ask';
  for (const server of servers) {
    const { answer } = read(await ask(server, { name, type }, options), { name, type }, 'resolver');
    if (answer.kind !== 'unknown') return answer;
    ({ reason } = answer);
  }
  return { kind: 'unknown', reason };
}
