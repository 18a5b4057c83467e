import { EeError, type FailureCode } from '../errors.js';

/** A domain that its own keys stand in the way of. */
export interface FailedDomain {
  readonly domain: string;
  readonly error: EeError;
}

/** Failures of a domain's keys, ledger or records: they are no reason to stop the others. */
const OWN: readonly FailureCode[] = [
  'DKIM_KEY_MISSING',
  'DKIM_KEY_UNUSABLE',
  'DKIM_SELECTOR_UNCLEAR',
  'DKIM_LEDGER_BROKEN',
  'DKIM_ACTIVE_NOT_IN_DNS',
  'DKIM_NOT_RECOVERABLE',
  'SECRET_FILE_OPEN',
  'SECRET_FILE_UNUSABLE',
  'SECRETS_FOLDER_OPEN',
];

/** Whether a failure is that of a domain alone. */
export const isOwn = (error: unknown): error is EeError => error instanceof EeError && OWN.includes(error.code);

/** Works on domains beside each other, and lets each fail for itself. */
export class Alone {
  readonly #failed = new Map<string, EeError>();

  get failed(): readonly FailedDomain[] {
    return [...this.#failed].map(([domain, error]) => ({ domain, error }));
  }

  has(domain: string): boolean {
    return this.#failed.has(domain);
  }

  fail(domain: string, error: EeError): void {
    this.#failed.set(domain, error);
  }

  /**
   * Works on all at the same time but those that have failed, and gives what came of those that did not. Any other failure is thrown
   * once all have come to their end: nothing is at work when this returns.
   */
  async all<In extends { readonly domain: string }, Out>(
    ones: readonly In[],
    work: (one: In) => Promise<Out>,
  ): Promise<Out[]> {
    const sound = ones.filter(({ domain }) => !this.has(domain));
    const ended = await Promise.allSettled(sound.map(work));
    const done: Out[] = [];
    for (const [at, one] of ended.entries()) {
      if (one.status === 'fulfilled') done.push(one.value);
      else if (isOwn(one.reason)) this.fail(sound[at]?.domain ?? '', one.reason);
    }
    for (const one of ended) if (one.status === 'rejected' && !isOwn(one.reason)) throw one.reason;
    return done;
  }
}
