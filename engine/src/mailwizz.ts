import { HttpsClient } from './https-client.js';
import type { ServerAddress } from './server-address.js';

/**
 * What is known of MailWizz's API: it takes our key, it refuses it, it does not work, no verdict was reached in time, or nobody gave us a
 * key yet.
 */
export type MailwizzState = 'ok' | 'refused' | 'down' | 'unknown' | 'no key';

/** Milliseconds that it has to answer, and for which an answer is good: a public health check must not load the panel. */
const PATIENCE = 2_000;
const GOOD_FOR = 30_000;

/** MailWizz's API on VPS1. The service does not stand on it: without it, it works and says so. */
export class Mailwizz {
  readonly #lists: HttpsClient | undefined;
  #known: { readonly state: Promise<MailwizzState>; readonly since: number } | undefined;

  /** Without a server or a key there is nothing to ask. */
  constructor(
    { server, key }: { readonly server?: ServerAddress; readonly key?: string },
    private readonly now: () => number = Date.now,
  ) {
    if (!server || key === undefined) return;
    const question = {
      method: 'GET',
      path: '/api/index.php/lists',
      headers: { 'X-Api-Key': key, Accept: '*/*' },
    } as const;
    this.#lists = new HttpsClient('MailWizz', server, { ...question, patience: PATIENCE / 2 });
  }

  /** Asks it, at most once in half a minute. */
  state(): Promise<MailwizzState> {
    if (!this.#lists) return Promise.resolve('no key');
    if (!this.#known || this.now() - this.#known.since > GOOD_FOR) {
      this.#known = { state: stateOf(this.#lists), since: this.now() };
    }
    return this.#known.state;
  }
}

async function stateOf(lists: HttpsClient): Promise<MailwizzState> {
  const limit = AbortSignal.timeout(PATIENCE);
  try {
    const { status } = await lists.ask(limit);
    if (status === 200) return 'ok';
    return [400, 401, 403].includes(status) ? 'refused' : 'down';
  } catch {
    return limit.aborted ? 'unknown' : 'down';
  }
}
