import { randomBytes } from 'node:crypto';
import type { Emit } from '../../converge/events.js';
import type { SendingIdentity, Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { Post } from '../probe/post.js';
import type { ProbeOutcome, ResolveTxt } from '../probe/probe.js';
import { askQueues, type QueueAnswer } from '../probe/queue-answer.js';
import { type AccountingRecord, type FinalKind, isFinal } from './accounting.js';
import { type Delivery, deliveries } from './deliveries.js';
import { testMessage } from './message.js';

export interface SendTestOptions {
  readonly identities: readonly SendingIdentity[];
  /** The operator's own address. */
  readonly to: string;
  /** The DNS that signatures must verify against. */
  readonly resolveTxt: ResolveTxt;
  /** Milliseconds to wait for the deliveries. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** What became of the message to the operator's address. */
export type TestDelivery =
  | { readonly kind: FinalKind; readonly record: AccountingRecord }
  /** PowerMTA has it and says so: deferred, or still in its queue. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** PowerMTA did not take it. */
  | { readonly kind: 'not-sent' };

export interface SentTest {
  readonly identity: SendingIdentity;
  readonly messageId: string;
  /** What left, by the copy that came back to `ee`. */
  readonly left: ProbeOutcome;
  readonly delivery: TestDelivery;
}

/** The copy comes back over the loopback: what takes longer has something the matter. */
const COPY_TIMEOUT_MS = 30_000;

/**
 * Sends one message through each sender to an address, with a copy to `ee` in the same transaction, and tells what left and what
 * PowerMTA's accounting says of its delivery. Throws as `probeSenders` does.
 */
export async function sendTest(host: Host, settings: Settings, options: SendTestOptions): Promise<readonly SentTest[]> {
  const { identities, to, resolveTxt, signal, emit, timeout } = options;
  const mark = `ee-test-${randomBytes(8).toString('hex')}`;
  emit({ kind: 'step', host: host.name, step: `sending ${identities.length} to ${to}` });
  const post = await Post.open(host, settings, { resolveTxt, signal, timeout: COPY_TIMEOUT_MS });
  try {
    const sent = await Promise.all(
      identities.map(async (identity) => {
        const message = testMessage({ identity, to, copyTo: post.addressFor(identity), mark });
        let taken = false;
        const left = await post.prove(identity, message, () => (taken = true));
        return { identity, messageId: message.messageId, left, taken };
      }),
    );
    const messageIds = new Set(sent.filter(({ taken }) => taken).map(({ messageId }) => messageId));
    emit({ kind: 'step', host: host.name, step: `waiting for the accounting of ${messageIds.size}` });
    const found = await deliveries(host, { mark, recipient: to, messageIds, timeout, signal });
    const settled = [...messageIds].every((id) => isFinal(found.get(id)?.kind ?? 'unknown'));
    const queues = settled ? undefined : await askQueues(host, signal, to.slice(to.lastIndexOf('@') + 1).toLowerCase());
    return sent.map(({ taken, ...one }) => {
      const delivery = taken ? deliveryOf(found.get(one.messageId), one.identity, queues) : NOT_SENT;
      return { ...one, delivery };
    });
  } finally {
    await post.close();
  }
}

const NOT_SENT: TestDelivery = { kind: 'not-sent' };

function deliveryOf(
  found: Delivery | undefined,
  identity: SendingIdentity,
  queues: QueueAnswer | undefined,
): TestDelivery {
  if (found && found.kind !== 'unknown')
    return isFinal(found.kind) ? { kind: found.kind, record: found } : { kind: 'waiting', reason: found.answer };
  return { kind: 'waiting', reason: queues?.(identity) ?? 'nothing is known of it' };
}
