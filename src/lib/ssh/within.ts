/** What was waited for did not come within its bound. */
export class TooLate extends Error {
  override readonly name = 'TooLate';

  constructor(readonly milliseconds: number) {
    super(`no answer within ${milliseconds / 1000} s`);
  }
}

/** The wait was interrupted by a signal. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

/** Node turns a longer time into 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for `work`, but no longer than `bound` milliseconds (`Infinity` for no bound), and not after a signal. Throws TooLate and
 * Aborted; the work itself goes on, and what comes of it then is nobody's: whoever began it disposes of it.
 */
export function within<T>(work: Promise<T>, bound: number, signals: readonly AbortSignal[] = []): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = bound <= LONGEST_TIMER_MS ? setTimeout(() => fail(new TooLate(bound)), bound) : undefined;
    const abort = () => fail(new Aborted('interrupted'));
    const settled = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', abort);
    };
    const fail = (error: unknown) => {
      settled();
      reject(error);
    };
    for (const signal of signals) signal.addEventListener('abort', abort);
    work.then((result) => {
      settled();
      resolve(result);
    }, fail);
    if (signals.some((signal) => signal.aborted)) abort();
  });
}
