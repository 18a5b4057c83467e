import { setTimeout as sleep } from 'node:timers/promises';
import { EeError, EXIT, type Exit } from '../../errors.js';
import { renderFailure, toFailure } from '../failure.js';
import { say, standardStreams, type StandardStreams } from './standard-streams.js';

/** How long a slow reader has to take the last sentence of a program that was told to end. */
const LAST_WORDS_MS = 500;

/** Statuses of a program that did what it was told: they do not stand where its output could not be written. */
const TOLD: readonly number[] = [EXIT.done, EXIT.found, EXIT.interrupted];

/**
 * The status of a program whose output has arrived. A device that did not take it makes it a failure; a reader who has gone does not:
 * `ee … | head` has what it wanted. An interrupted program waits for its readers no longer than a moment.
 */
export async function statusOnceArrived(streams: StandardStreams, status: number): Promise<number> {
  const bounded = status === EXIT.interrupted;
  await (bounded ? within(LAST_WORDS_MS, streams.out.arrived()) : streams.out.arrived());
  const { loss } = streams.out;
  const failed =
    loss?.kind === 'device' ? toFailure(new EeError('OUTPUT_NOT_WRITTEN', { reason: loss.reason }), 'ee') : undefined;
  if (failed !== undefined) say(streams.err, renderFailure(failed, { verbose: false }));
  await (bounded ? within(LAST_WORDS_MS, streams.err.arrived()) : streams.err.arrived());
  return failed !== undefined && TOLD.includes(status) ? failed.exit : status;
}

/**
 * Ends the program at once, whatever is at work. A reader who has taken all is there in time; one who takes nothing is not waited
 * for: a second Ctrl-C is an order.
 */
export function endNow(exit: Exit): void {
  const { out, err } = standardStreams();
  if (out.waiting + err.waiting === 0) process.exit(exit);
  void within(LAST_WORDS_MS, Promise.all([out.arrived(), err.arrived()])).then(() => process.exit(exit));
}

async function within(milliseconds: number, what: Promise<unknown>): Promise<void> {
  const bound = new AbortController();
  await Promise.race([what, sleep(milliseconds, undefined, { signal: bound.signal }).catch(() => undefined)]);
  bound.abort();
}
