import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from '../../errors.js';
import { standardStreams } from './standard-streams.js';

/** How long a slow reader has to take the last sentence of a program that is ended at once. */
const LAST_WORDS_MS = 500;

/**
 * Ends the program at once, whatever is at work. A reader who has taken all is there in time; one who takes nothing is not waited
 * for: a second Ctrl-C is an order.
 */
export function endNow(exit: Exit): void {
  const { out, err } = standardStreams();
  if (out.waiting + err.waiting === 0) process.exit(exit);
  const heard = Promise.all([out.arrived(), err.arrived()]);
  void Promise.race([heard, sleep(LAST_WORDS_MS)]).then(() => process.exit(exit));
}
