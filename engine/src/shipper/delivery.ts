import { backoff } from './backoff.js';
import type { AccountingRecord } from './records.js';

/** What became of a batch at its receiver. */
export type Answer =
  | { readonly kind: 'accepted'; readonly accepted: number; readonly duplicate: number }
  /** The batch itself is at fault, or something in it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Not now: the receiver is away, busy, or does not know us. */
  | { readonly kind: 'later'; readonly reason: string; readonly after: number };

/** Who is told of the records. */
export interface Receiver {
  send(records: readonly AccountingRecord[], signal: AbortSignal): Promise<Answer>;
}

export interface Outcome {
  readonly accepted: number;
  readonly duplicate: number;
  readonly refused: readonly { readonly record: AccountingRecord; readonly reason: string }[];
}

interface Surroundings {
  readonly receiver: Receiver;
  readonly signal: AbortSignal;
  /** Waits that many milliseconds, or until the signal. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Hears of every try that failed. */
  readonly onFailure: (reason: string, again: number) => void;
}

/**
 * Hands the records over, however long it takes. A batch that is refused is halved until the records at fault stand alone, so that
 * one of them does not hold up the others. Rejects only when the signal says so.
 */
export async function deliver(records: readonly AccountingRecord[], around: Surroundings): Promise<Outcome> {
  if (records.length === 0) return { accepted: 0, duplicate: 0, refused: [] };
  const answer = await persist(records, around);
  if (answer.kind === 'accepted') return { accepted: answer.accepted, duplicate: answer.duplicate, refused: [] };
  const [first] = records;
  if (records.length === 1 && first) {
    return { accepted: 0, duplicate: 0, refused: [{ record: first, reason: answer.reason }] };
  }
  const half = Math.ceil(records.length / 2);
  const one = await deliver(records.slice(0, half), around);
  const other = await deliver(records.slice(half), around);
  return {
    accepted: one.accepted + other.accepted,
    duplicate: one.duplicate + other.duplicate,
    refused: [...one.refused, ...other.refused],
  };
}

/** Tries until the receiver says yes or no. */
async function persist(
  records: readonly AccountingRecord[],
  { receiver, signal, wait, onFailure }: Surroundings,
): Promise<Exclude<Answer, { kind: 'later' }>> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    const answer = await receiver.send(records, signal);
    if (answer.kind !== 'later') return answer;
    const again = Math.max(backoff(attempt), answer.after);
    onFailure(answer.reason, again);
    await wait(again, signal);
  }
}
