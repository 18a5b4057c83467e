import type { Answer, Role } from './answer.js';
import type { Delegation } from './delegation.js';
import type { CaaProperty, MailExchange, QueryType } from './values.js';

/** What one server says. */
export interface ServerAnswer<Value = string> {
  /** For people: `ns1.example.com (192.0.2.53)` of a name server of the zone, `9.9.9.9` of a resolver. */
  readonly server: string;
  readonly role: Role;
  readonly answer: Answer<Value>;
  /** Seconds that it may still be kept. */
  readonly ttl: number | undefined;
  /** What the name is an alias (CNAME) of, when it is one. */
  readonly alias?: string;
}

/** What all servers that count say of one name: every name server of its zone, and every resolver. */
export interface NameView<Value = string> {
  readonly name: string;
  readonly type: QueryType;
  /** The zone that the name is in. */
  readonly zone: string | undefined;
  /** Seconds that resolvers may go on saying "there is nothing" after a record was published (RFC 2308 §5). */
  readonly negativeTtl: number | undefined;
  readonly answers: readonly ServerAnswer<Value>[];
  /** Why the name servers of the zone could not be found or asked. */
  readonly reason?: string;
}

/**
 * Who is asked; default: all. A resolver that hears that a name is missing goes on saying so, so resolvers are not asked where the
 * name servers of the zone hold nothing, and with `authoritative` not at all.
 */
export interface Whom {
  readonly ask?: 'all' | 'authoritative';
}

/**
 * Questions put to all servers that count, each directly. What a survey was told it does not ask again: a new look at DNS is a
 * new survey. Names are written without the final dot, in any case.
 */
export interface DnsSurvey {
  /** The resolvers that it asks, `address[:port]`. */
  readonly resolvers: readonly string[];
  a(name: string, whom?: Whom): Promise<NameView>;
  aaaa(name: string, whom?: Whom): Promise<NameView>;
  cname(name: string, whom?: Whom): Promise<NameView>;
  /** The names that an IPv4 address leads back to. */
  ptr(address: string, whom?: Whom): Promise<NameView>;
  mx(name: string, whom?: Whom): Promise<NameView<MailExchange>>;
  /** Each record as one text, its character strings joined. */
  txt(name: string, whom?: Whom): Promise<NameView>;
  caa(name: string, whom?: Whom): Promise<NameView<CaaProperty>>;
  /** How the zone above refers to a zone, asked of its own name servers. */
  delegation(zone: string): Promise<Delegation>;
}
