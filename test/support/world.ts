import { Resolver } from 'node:dns/promises';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { wholePublications } from '../../src/lib/dkim/publications.js';
import { bind } from '../../src/lib/dns/formats/bind.js';
import { recordSet } from '../../src/lib/dns/record-set.js';
import {
  NAME_SERVERS,
  behave,
  bounceLate,
  changeListings,
  complain,
  disturb,
  emptyMailboxes,
  findWorld,
  heal,
  labPlace,
  misbehave,
  publish,
  remember,
  rawMessage,
  receivedMessages,
  refusals,
  usualCode,
  withListing,
  withoutListing,
  type Blocklist,
  type Bounce,
  type Complaint,
  type DnsFault,
  type DnsServer,
  type Misbehaviour,
  type NameServer,
  type PublishResult,
  type ReceivedMessage,
  type Refusal,
  type SentReport,
  type World,
  type WorldAddresses,
} from '../../src/lib/lab/lab.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import type { TestLab } from './lab.js';

/**
 * The world of a test's lab, which came up with `lab.up(from, { world: true })`: what the operator publishes, what mailbox providers
 * receive, and how they misbehave.
 */
export class TestWorld {
  private constructor(
    private readonly lab: TestLab,
    private readonly world: World,
  ) {}

  static async of(lab: TestLab): Promise<TestWorld> {
    return new TestWorld(lab, await findWorld(labPlace(lab.name)));
  }

  /** The name servers and the resolvers, as `--server` and DNS_RESOLVERS take them. */
  get addresses(): WorldAddresses {
    return this.world.addresses;
  }

  /** The zone text of the records that the lab's settings and DKIM keys need now: what is right. */
  async records(): Promise<string> {
    const settings = await loadSettings(this.lab.settingsFile);
    return bind(recordSet(settings, await wholePublications(settings.secretsDir, settings.sending.identities)));
  }

  /** Publishes a zone text, by default the right one, on both name servers or on some; the others are stale then. */
  async publish(records?: string, servers: readonly NameServer[] = NAME_SERVERS): Promise<PublishResult> {
    return publish(this.world, records ?? (await this.records()), servers);
  }

  /** Gives a DNS server a fault, beside those that it has: `fault('ns2', { kind: 'refusing', zone: 'lab.example' })`. */
  async fault(server: DnsServer, fault: DnsFault): Promise<void> {
    await disturb(this.world, server, fault);
  }

  /** Takes every fault of a DNS server away, or of all. */
  async heal(server?: DnsServer): Promise<void> {
    await heal(this.world, server);
  }

  /** Puts an IPv4 address or a domain on its blocklist. */
  async list(what: string, code: string = usualCode(what)): Promise<void> {
    await changeListings(this.world, (listings) => withListing(listings, what, code));
  }

  /** Takes an address or a domain off its blocklist, or all that the lab put there. */
  async unlist(what?: string): Promise<void> {
    await changeListings(this.world, (listings) => withoutListing(listings, what));
  }

  /** Makes a blocklist give one answer to all questions, as `127.255.255.254` to who may not ask; without one it lists again. */
  async blocklistAnswers(list: Blocklist, code: string | undefined): Promise<void> {
    await changeListings(this.world, ({ listed, always }) => ({ listed, always: { ...always, [list]: code } }));
  }

  /** Stops a name server, or starts it again. */
  async nameServer(server: NameServer, action: 'start' | 'stop'): Promise<void> {
    await (action === 'stop' ? this.fault(server, { kind: 'stopped' }) : this.heal(server));
  }

  /** How long both resolvers remember an answer from now on: a second, as at first, or as long as its TTL says. */
  async memory(memory: 'second' | 'ttl'): Promise<void> {
    await remember(this.world, memory);
  }

  /** A resolver that asks one name server, or one of the lab's resolvers. */
  ask(whom: DnsServer): Resolver {
    const { nameServers, resolvers } = this.addresses;
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([{ ...nameServers, ...resolvers }[whom]]);
    return resolver;
  }

  /**
   * What was received, the oldest first: all, or for an address or a domain. With `count` it waits until there are that many, and
   * throws with what there is when they don't come.
   */
  async received(options: { to?: string; count?: number; seconds?: number } = {}): Promise<ReceivedMessage[]> {
    const { to, count = 0, seconds = 60 } = options;
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const messages = await receivedMessages(this.world, to);
      if (messages.length >= count) return messages;
      if (Date.now() > end) {
        const there = messages.map(({ envelope }) => `${envelope.from} → ${envelope.to.join(', ')}`);
        const refused = (await refusals(this.world)).slice(-10).map((one) => JSON.stringify(one));
        throw new Error(
          `${messages.length} of ${count} messages${to === undefined ? '' : ` to ${to}`} within ${seconds} s:\n` +
            [...there, 'refused:', ...refused].join('\n'),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** A message as it came. */
  async raw(id: string): Promise<Buffer> {
    const message = await rawMessage(this.world, id);
    if (message === undefined) throw new Error(`there is no message ${id}`);
    return message;
  }

  /** A second opinion on the signatures of a message, by mailauth against the lab's DNS as it is now: `mail1.lab.example pass`. */
  async signatures(id: string): Promise<string[]> {
    const dns = this.ask('resolver1');
    const resolver = async (name: string, type: string): Promise<string[][]> => {
      if (type !== 'TXT') throw new Error(`a signature needs no ${type} record`);
      return dns.resolveTxt(name);
    };
    const { results } = await dkimVerify(await this.raw(id), { resolver });
    return results.map(({ signingDomain, status }) => `${signingDomain} ${status.result}`);
  }

  /** Makes a provider answer so: `answer('gmail.com', '421 4.7.0 slow down', { at: 'connect', times: 3 })`. */
  async answer(scope: string, answer: string, when: Pick<Misbehaviour, 'at' | 'after' | 'times'> = {}): Promise<void> {
    await misbehave(this.world, scope, { answer, ...when });
  }

  async misbehave(scope: string, how: Misbehaviour): Promise<void> {
    await misbehave(this.world, scope, how);
  }

  /** Back to normal: one domain with its mailboxes, one mailbox, or all. */
  async normal(scope?: string): Promise<void> {
    await behave(this.world, scope);
  }

  /** Has the provider complain about a message that it received. */
  async complain(id: string, complaint?: Complaint): Promise<SentReport> {
    return complain(this.world, id, complaint);
  }

  /** Has the provider bounce a message that it took. */
  async bounce(id: string, bounce?: Bounce): Promise<SentReport> {
    return bounceLate(this.world, id, bounce);
  }

  /** What was refused, the oldest first; of the provider with this first domain. */
  async refusals(provider?: string): Promise<Refusal[]> {
    return (await refusals(this.world)).filter((one) => provider === undefined || one.provider === provider);
  }

  /** Forgets messages and refusals, and all misbehaviour of providers. */
  async fresh(): Promise<void> {
    await behave(this.world);
    await emptyMailboxes(this.world);
  }
}
