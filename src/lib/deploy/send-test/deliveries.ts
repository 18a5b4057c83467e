import { setTimeout as sleep } from 'node:timers/promises';
import { EeError } from '../../errors.js';
import type { Host } from '../../ssh/host.js';
import { quote } from '../../ssh/shell-quote.js';
import { type AccountingRecord, accountingQuestion, accountingRecords, isFinal } from './accounting.js';

/** What became of a message, by PowerMTA's accounting: nothing is known of one that is not in it yet. */
export type Delivery = AccountingRecord | { readonly kind: 'unknown' };

export interface DeliveryOptions {
  /** Text that stands in the Message-Id of each of them, and in no other. */
  readonly mark: string;
  readonly recipient: string;
  readonly messageIds: ReadonlySet<string>;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks into the accounting files. */
const LOOK_EVERY_MS = 2_000;

/**
 * Looks into the accounting files until it is known what became of all messages, or the time is over. Gives the last word on each, by
 * its Message-Id. Throws REMOTE_FAILED, SSH_LOST, INTERRUPTED.
 */
export async function deliveries(host: Host, options: DeliveryOptions): Promise<ReadonlyMap<string, Delivery>> {
  const { messageIds, timeout, signal } = options;
  const begun = performance.now();
  for (;;) {
    const found = await look(host, options, performance.now() - begun);
    const done = [...messageIds].every((id) => isFinal(found.get(id)?.kind ?? 'unknown'));
    const left = timeout - (performance.now() - begun);
    if (done || left <= 0) return found;
    await sleep(Math.min(LOOK_EVERY_MS, left), undefined, { signal }).catch(() => {
      throw new EeError('INTERRUPTED', { during: 'the wait for the deliveries' });
    });
  }
}

async function look(host: Host, options: DeliveryOptions, waited: number): Promise<Map<string, Delivery>> {
  const { mark, recipient, messageIds, signal } = options;
  // Five minutes more: the first message may have left before anybody looked.
  const question = accountingQuestion(mark, Math.ceil(waited / 60_000) + 5);
  // As the user whose folder it is: a link there leads no further than that user may read, and a file without an end has one.
  const asked = `runuser -u pmta -- timeout 60 sh -c ${quote(question)}`;
  const { stdout } = await host.run(asked, { step: 'reading the accounting of PowerMTA', signal });
  const found = new Map<string, Delivery>();
  for (const record of accountingRecords(stdout.toString('utf8'))) {
    if (record.recipient !== recipient.toLowerCase() || !messageIds.has(record.messageId)) continue;
    const before = found.get(record.messageId);
    // Files come in no order: a deferral is no news of a message that is through.
    if (before === undefined || !isFinal(before.kind)) found.set(record.messageId, record);
  }
  return found;
}
