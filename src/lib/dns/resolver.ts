import { Resolver } from 'node:dns/promises';
import { reverseName } from './names.js';

/** What DNS said. A missing answer is never a good one: whoever asks must decide for each of the three. */
export type Answer<Value = string> =
  | { readonly kind: 'found'; readonly values: readonly Value[] }
  /** The name does not exist (NXDOMAIN), or has no record of this type. */
  | { readonly kind: 'none'; readonly reason: string }
  /** It could not be determined: no answer in time, or a server that failed or refused. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Questions to name servers. Nothing is cached here. */
export interface DnsResolver {
  a(name: string): Promise<Answer>;
  aaaa(name: string): Promise<Answer>;
  /** Names that an IPv4 address leads back to, in lower case and without the final dot. */
  ptr(address: string): Promise<Answer>;
  mx(name: string): Promise<Answer<{ readonly exchange: string; readonly priority: number }>>;
  /** Each record as one text: its character strings are joined without anything between them (RFC 7208, 3.3). */
  txt(name: string): Promise<Answer>;
}

export interface ResolverOptions {
  /** Milliseconds for one try; there are two, each of twice the time of the one before. */
  readonly timeout?: number;
}

/** Asks `servers` (`address[:port]`), one after the other until one answers; without any, those of this machine. */
export function dnsResolver(servers: readonly string[], { timeout = 3000 }: ResolverOptions = {}): DnsResolver {
  const resolver = new Resolver({ timeout, tries: 2 });
  if (servers.length > 0) resolver.setServers([...servers]);
  return {
    a: (name) => answered(resolver.resolve4(name)),
    aaaa: (name) => answered(resolver.resolve6(name)),
    // Not `reverse()`: it looks into the hosts file too, and says "does not exist" where no server answered.
    ptr: (address) => answered(resolver.resolvePtr(reverseName(address)).then((names) => names.map(withoutDot))),
    mx: (name) => answered(resolver.resolveMx(name)),
    txt: (name) => answered(resolver.resolveTxt(name).then((records) => records.map((strings) => strings.join('')))),
  };
}

const withoutDot = (name: string): string => name.replace(/\.$/, '').toLowerCase();

/** The answers that say that there is nothing; every other failure says nothing. */
const NONE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not exist',
  ENODATA: 'it has no such record',
};

const UNKNOWN: Readonly<Record<string, string>> = {
  ETIMEOUT: 'no answer in time',
  ESERVFAIL: 'the name server failed (SERVFAIL)',
  EREFUSED: 'the name server refused to answer',
  ECONNREFUSED: 'no name server listens there',
};

async function answered<Value>(asked: Promise<readonly Value[]>): Promise<Answer<Value>> {
  try {
    const values = await asked;
    return values.length > 0 ? { kind: 'found', values } : { kind: 'none', reason: NONE['ENODATA'] ?? '' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const none = NONE[code];
    if (none !== undefined) return { kind: 'none', reason: none };
    return { kind: 'unknown', reason: UNKNOWN[code] ?? (code || String(error)) };
  }
}
