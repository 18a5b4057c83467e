import { HttpsClient, reasonOf } from '../https-client.js';
import type { ServerAddress } from '../server-address.js';
import { retryAfter } from './backoff.js';
import type { Answer, Receiver } from './delivery.js';
import type { AccountingRecord } from './records.js';

/** Where MailWizz takes the events of PowerMTA; in this form whether its clean addresses are on or not. */
const PATH = '/index.php/dswh/pmta';

/** Milliseconds from an event until MailWizz surely has noted in its log that it sent the message: it drops an event about another. */
const RIPE = 10_000;

/** Milliseconds until a batch that MailWizz broke down over is shown to it once more. */
const SECOND_THOUGHT = 5_000;

interface Clock {
  readonly now: () => number;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * MailWizz over HTTPS, which is told of bounces and complaints and of nothing else. It asks for no key, and looks at who asks instead.
 * It knows no event by an id: the last batch before a crash may be told twice, and changes nothing for who is on the blacklist already.
 */
export class PanelClient implements Receiver {
  readonly #push: HttpsClient;

  constructor(
    server: ServerAddress,
    private readonly clock: Clock,
  ) {
    this.#push = new HttpsClient('MailWizz', server, { method: 'POST', path: PATH });
  }

  async send(records: readonly AccountingRecord[], signal: AbortSignal): Promise<Answer> {
    const events = records.filter(isEvent);
    if (events.length === 0) return { kind: 'accepted', accepted: 0, duplicate: 0 };
    await this.#ripen(events, signal);
    try {
      const answer = await this.#told(events, signal);
      if (answer.kind !== 'broken') return answer;
      // Nothing to tell it of breaks nothing: so it is these events, unless it was a moment's trouble.
      if (!(await this.#works(signal))) return later(500);
      await this.clock.wait(SECOND_THOUGHT, signal);
      const again = await this.#told(events, signal);
      if (again.kind !== 'broken') return again;
      return (await this.#works(signal)) ? { kind: 'refused', reason: 'MailWizz answers 500' } : later(500);
    } catch (error) {
      if (signal.aborted) throw error;
      return { kind: 'later', reason: reasonOf(error), after: 0 };
    }
  }

  async #told(events: readonly AccountingRecord[], signal: AbortSignal): Promise<Answer | { kind: 'broken' }> {
    const { status, headers } = await this.#push.ask(signal, eventsBody(events));
    if (status === 200) return { kind: 'accepted', accepted: events.length, duplicate: 0 };
    if (status === 413) return { kind: 'refused', reason: 'MailWizz answers 413' };
    return status === 500 ? { kind: 'broken' } : later(status, headers['retry-after']);
  }

  async #works(signal: AbortSignal): Promise<boolean> {
    return (await this.#push.ask(signal, eventsBody([]))).status === 200;
  }

  async #ripen(events: readonly AccountingRecord[], signal: AbortSignal): Promise<void> {
    const now = this.clock.now();
    const youngest = Math.max(...events.map(({ fields }) => timeOf(fields['timeLogged']) ?? now));
    const left = Math.min(RIPE, RIPE - (now - youngest));
    if (left > 0) await this.clock.wait(left, signal);
  }
}

/**
 * A bounce on the spot or a late one, or a complaint, about a message that can be found. MailWizz takes a remote status (`rs`) for a
 * bounce too, also one that says that a message was delayed or has arrived.
 */
function isEvent({ fields }: AccountingRecord): boolean {
  if (fields['header_Message-Id'] === undefined) return false;
  const { type = '', dsnAction } = fields;
  return ['b', 'rb', 'f'].includes(type) || (type === 'rs' && dsnAction === 'failed');
}

const later = (status: number, after?: string): Answer => ({
  kind: 'later',
  reason: `MailWizz answers ${status}`,
  after: retryAfter(after),
});

/** The body of the request. MailWizz reads the two fields of a bounce without asking whether they are there. */
export function eventsBody(events: readonly AccountingRecord[]): string {
  return JSON.stringify(events.map(({ fields }) => ({ bounceCat: '', dsnDiag: '', ...fields })));
}

/** PowerMTA writes seconds since 1970, or `2026-11-24 08:00:00+0000`. */
function timeOf(logged: string | undefined): number | undefined {
  const time = /^\d+$/.test(logged ?? '') ? Number(logged) * 1000 : Date.parse(logged ?? '');
  return Number.isNaN(time) ? undefined : time;
}
