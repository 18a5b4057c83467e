import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EeError } from '../../errors.js';
import { PROBE_DOMAIN } from '../../pmta/adapt/probe.js';
import { Semaphore } from '../../semaphore.js';
import type { SendingIdentity, Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { type ConfiguredKeys, configuredKeys } from './configured-keys.js';
import { judge } from './judge.js';
import type { ProbeOutcome, ResolveTxt } from './probe.js';
import { askQueues, type QueueAnswer } from './queue-answer.js';
import { NotTaken, type Outgoing, Relay } from './relay.js';
import { signaturesOf } from './signatures.js';
import { openSink, type Received, type Sink } from './sink.js';

export interface PostOptions {
  readonly resolveTxt: ResolveTxt;
  readonly signal: AbortSignal;
  /** Milliseconds until a message that did not arrive is given up. */
  readonly timeout: number;
}

/** Submissions at once. */
const AT_ONCE = 8;

/** Where messages are handed over to PowerMTA, arrive again, and are judged. */
export class Post {
  readonly #arrivals = new Map<string, (message: Received) => void>();
  readonly #submissions = new Semaphore(AT_ONCE);
  /** Ends what still waits when the post closes. */
  readonly #closing = new AbortController();
  readonly #token = randomBytes(6).toString('hex');
  #sink: Sink | undefined;
  #queues: Promise<QueueAnswer> | undefined;

  private constructor(
    private readonly host: Host,
    private readonly options: PostOptions,
    private readonly relay: Relay,
    private readonly keys: ConfiguredKeys,
  ) {}

  /** Throws PROBE_UNPREPARED, RELAY_CERTIFICATE_MISSING, PORT_TAKEN, SSH_FORWARDING, REMOTE_FAILED, SSH_LOST. */
  static async open(host: Host, settings: Settings, options: PostOptions): Promise<Post> {
    const relay = await Relay.of(host, settings);
    const post = new Post(host, options, relay, await configuredKeys(host, options.signal));
    post.#sink = await openSink(host, (message) => {
      for (const recipient of message.recipients) post.#arrivals.get(recipient.toLowerCase())?.(message);
    });
    return post;
  }

  /** The address at which the message of a sender arrives here. */
  addressFor({ index }: SendingIdentity): string {
    return `probe-${this.#token}-${index}@${PROBE_DOMAIN}`;
  }

  /**
   * Hands a message over, which has the sender's address here among its recipients, and judges it when it arrives. `taken` is told
   * once PowerMTA has it. Throws what is not about this one sender: DIAL_FAILED, SSH_FORWARDING, SSH_LOST, INTERRUPTED.
   */
  async prove(identity: SendingIdentity, message: Outgoing, taken?: () => void): Promise<ProbeOutcome> {
    const key = this.keys(identity);
    if (key.kind === 'none') return { kind: 'failed', reason: key.reason };
    const signal = AbortSignal.any([this.options.signal, this.#closing.signal]);
    const arrival = new Promise<Received>((resolve) => {
      this.#arrivals.set(this.addressFor(identity), resolve);
    });
    const refusal = await this.#handOver(message, signal);
    if (refusal !== undefined) return { kind: 'failed', reason: refusal };
    taken?.();
    const received = await Promise.race([arrival, this.#patience(signal)]);
    if (received === undefined) return { kind: 'failed', reason: await this.#missing(identity) };
    const signatures = await signaturesOf(received.raw, this.options.resolveTxt);
    return judge(identity, key.selector, { ...received, signatures });
  }

  /** Ends it: nothing listens on the host any more. What waits ends with INTERRUPTED. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sink?.close();
  }

  async #handOver(message: Outgoing, signal: AbortSignal): Promise<string | undefined> {
    const release = await this.#submissions.acquire();
    try {
      if (signal.aborted) throw interrupted();
      await this.relay.handOver(message, signal);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw interrupted();
      if (error instanceof NotTaken) return `PowerMTA ${error.message}`;
      throw error;
    } finally {
      release();
    }
  }

  async #patience(signal: AbortSignal): Promise<undefined> {
    await sleep(this.options.timeout, undefined, { signal }).catch(() => {
      throw interrupted();
    });
    return undefined;
  }

  /** All that are missing are told what the queues said when the first of them was. */
  async #missing(identity: SendingIdentity): Promise<string> {
    this.#queues ??= askQueues(this.host, this.options.signal);
    const said = (await this.#queues)(identity);
    return `PowerMTA took it, and it did not arrive within ${this.options.timeout / 1000} s: ${said}`;
  }
}

const interrupted = () => new EeError('INTERRUPTED', { during: 'the proof of the senders' });
