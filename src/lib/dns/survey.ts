import { read, type Reading, type Role } from './answer.js';
import { ask, type Ask } from './ask.js';
import { Asker } from './asker.js';
import { delegationOf, type Delegation } from './delegation.js';
import { canonical, isPossibleName, type Question } from './message.js';
import { defaultResolvers, hasIpv6 } from './name-server.js';
import { reverseName } from './names.js';
import type { QueryType, ValueTypes } from './values.js';
import type { DnsSurvey, NameView, ServerAnswer, Whom } from './view.js';
import { negativeTtlIn, type ZoneServer } from './zone.js';
import { Zones } from './zones.js';

export type { DnsSurvey, NameView, ServerAnswer, Whom } from './view.js';

export interface SurveyOptions {
  /** Milliseconds of each try to get an answer. */
  readonly timeouts?: readonly number[];
  /** Asks `resolvers` only, and not the name servers that are responsible. */
  readonly only?: boolean;
  /** Whether the IPv6 addresses of name servers are asked too; default: where this machine has IPv6. */
  readonly ipv6?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** How a question reaches a server; default: over the network. */
  readonly ask?: Ask;
}

const TIMEOUTS = [1000, 2000, 3000];

/** How many aliases are followed from zone to zone. */
const ALIASES = 8;

/** Surveys DNS through resolvers, each `address[:port]`; without any, through those of this machine and two public ones. */
export function dnsSurvey(given: readonly string[], options: SurveyOptions = {}): DnsSurvey {
  const resolvers = given.length > 0 ? given : defaultResolvers();
  const survey = new Survey(resolvers, options);
  return {
    resolvers,
    a: (name, whom) => survey.view('A', name, whom),
    aaaa: (name, whom) => survey.view('AAAA', name, whom),
    cname: (name, whom) => survey.view('CNAME', name, whom),
    ptr: (address, whom) => survey.view('PTR', reverseName(address), whom),
    mx: (name, whom) => survey.view('MX', name, whom),
    txt: (name, whom) => survey.view('TXT', name, whom),
    caa: (name, whom) => survey.view('CAA', name, whom),
    delegation: (zone) => survey.delegation(canonical(zone)),
  };
}

const NOBODY: Authorities<never> = { zone: undefined, negativeTtl: undefined, answers: [] };

type Typed<Type extends QueryType> = Question & { readonly type: Type };
type Authorities<Value> = Pick<NameView<Value>, 'zone' | 'negativeTtl' | 'answers' | 'reason'>;

class Survey {
  readonly #asker: Asker;
  readonly #zones: Zones;
  readonly #ipv6: boolean;

  constructor(
    private readonly resolvers: readonly string[],
    private readonly options: SurveyOptions,
  ) {
    this.#asker = new Asker(options.ask ?? ask);
    this.#ipv6 = options.ipv6 ?? hasIpv6();
    this.#zones = new Zones(this.#anyResolver, this.#ipv6);
  }

  async view<Type extends QueryType>(
    type: Type,
    written: string,
    { ask: whom }: Whom = {},
  ): Promise<NameView<ValueTypes[Type]>> {
    const question = { name: canonical(written), type };
    const { only = false } = this.options;
    if (!isPossibleName(question.name)) return impossible(question, this.resolvers);
    const { answers, ...zone } = only ? NOBODY : await this.#authorities(question, ALIASES);
    // What does not exist is no business of resolvers: they would keep it.
    const asked = whom === 'authoritative' || isMissing(answers) ? [] : this.resolvers;
    const resolved = await Promise.all(asked.map((server) => this.#resolverAnswer(server, question)));
    return { ...question, ...zone, answers: [...answers, ...resolved] };
  }

  delegation(zone: string): Promise<Delegation> {
    return delegationOf(zone, {
      resolve: this.#anyResolver,
      direct: (address, question) => this.#put(address, question, false),
      label,
      ipv6: this.#ipv6,
    });
  }

  /** What every name server of the zone says; where the name is an alias into another zone, what the servers of that one say. */
  async #authorities<Type extends QueryType>(
    question: Typed<Type>,
    aliases: number,
  ): Promise<Authorities<ValueTypes[Type]>> {
    const found = await this.#zones.around(question.name);
    if (found.kind === 'unknown') return { zone: undefined, negativeTtl: undefined, answers: [], reason: found.reason };
    const { name: zone, servers } = found.zone;
    const [readings, negative] = await Promise.all([
      Promise.all(servers.map(async (server) => ({ server, reading: await this.#direct(server, question) }))),
      Promise.all(servers.map((server) => this.#negativeTtl(server, zone))),
    ]);
    const referrals = readings.flatMap(({ reading }) => reading.referral ?? []);
    if (referrals.filter((referral) => this.#zones.refer(question.name, zone, referral)).length > 0)
      return this.#authorities(question, aliases);

    const targets = new Set(readings.flatMap(({ reading }) => (reading.elsewhere ? [reading.alias ?? ''] : [])));
    const others =
      aliases === 0 ? [] : await Promise.all([...targets].map((name) => this.#beyond(name, question, aliases)));
    const here = readings
      .filter(({ reading }) => !reading.elsewhere || aliases === 0)
      .map(({ server, reading }) => served(label(server), 'authoritative', reading));
    const seconds = negative.filter((ttl) => ttl !== undefined);
    return {
      zone,
      negativeTtl: seconds.length > 0 ? Math.max(...seconds) : undefined,
      answers: [...here, ...others.flatMap(({ answers }) => answers)],
      ...reasonIn(others),
    };
  }

  async #beyond<Type extends QueryType>(
    target: string,
    { type }: Typed<Type>,
    aliases: number,
  ): Promise<Authorities<ValueTypes[Type]>> {
    const there = await this.#authorities({ name: target, type }, aliases - 1);
    return { ...there, answers: there.answers.map((one) => ({ ...one, alias: one.alias ?? target })) };
  }

  async #direct<Type extends QueryType>(
    { address, reason = 'it has no address' }: ZoneServer,
    question: Typed<Type>,
  ): Promise<Reading<ValueTypes[Type]>> {
    if (address === undefined) return { answer: { kind: 'unknown', reason } };
    return read(await this.#put(address, question, false), question, 'authoritative');
  }

  async #resolverAnswer<Type extends QueryType>(
    server: string,
    question: Typed<Type>,
  ): Promise<ServerAnswer<ValueTypes[Type]>> {
    const reply = await this.#put(server, question, true);
    const authoritative = this.options.only === true && reply.kind === 'packet' && reply.packet.flag_aa;
    return served(server, authoritative ? 'authoritative' : 'resolver', read(reply, question, 'resolver'));
  }

  async #negativeTtl({ address }: ZoneServer, zone: string): Promise<number | undefined> {
    if (address === undefined) return undefined;
    return negativeTtlIn(await this.#put(address, { name: zone, type: 'SOA' }, false), zone);
  }

  /** The first answer that says something, or else what the last resolver said. */
  readonly #anyResolver = async (question: Question) => {
    let reply = await this.#put(this.resolvers[0] ?? '', question, true);
    for (const server of this.resolvers.slice(1)) {
      if (read(reply, question, 'resolver').answer.kind !== 'unknown') break;
      reply = await this.#put(server, question, true);
    }
    return reply;
  };

  #put(server: string, question: Question, recursion: boolean) {
    const { timeouts = TIMEOUTS, signal } = this.options;
    return this.#asker.put(server, question, { recursion, timeouts, signal });
  }
}

/** Whether all name servers that say something say that there is nothing. */
function isMissing(answers: readonly ServerAnswer<unknown>[]): boolean {
  const definite = answers.filter(({ answer }) => answer.kind !== 'unknown');
  return definite.length > 0 && definite.every(({ answer }) => answer.kind === 'none');
}

const label = ({ host, address }: ZoneServer): string => (address === undefined ? host : `${host} (${address})`);

function served<Value>(server: string, role: Role, { answer, ttl, alias }: Reading<Value>): ServerAnswer<Value> {
  return { server, role, answer, ttl, ...(alias !== undefined && { alias }) };
}

function reasonIn(parts: readonly { readonly reason?: string }[]): { reason?: string } {
  const reason = parts.find((part) => part.reason !== undefined)?.reason;
  return reason === undefined ? {} : { reason };
}

function impossible<Type extends QueryType>(
  question: Typed<Type>,
  servers: readonly string[],
): NameView<ValueTypes[Type]> {
  const answer = { kind: 'none', reason: 'it is no name that DNS can hold' } as const;
  const answers = servers.map((server) => ({ server, role: 'resolver' as const, answer, ttl: undefined }));
  return { ...question, zone: undefined, negativeTtl: undefined, answers };
}
