import { type DomRecord, firstOf, listed } from './dom-output.js';
import { count, printable, type Said, truth, words } from './said.js';

/** One queue, `gmail.com/vmta-mail1`, as PowerMTA tells of it. Null is what it did not tell. */
export interface LiveQueue {
  readonly name: string;
  readonly domain: string;
  readonly virtualMta: string;
  readonly recipients: number | null;
  readonly kilobytes: number | null;
  /** `normal` or `backoff`. */
  readonly mode: string | null;
  /** Since when it is in that mode. */
  readonly since: string | null;
  readonly paused: boolean | null;
  readonly oldest: string | null;
  /** When it is tried next. */
  readonly retry: string | null;
  readonly lastError: { readonly time: string | null; readonly text: string } | null;
}

/** The queues of `pmta --dom show topqueues --errors`, or of `show queues`. Null when they could not be read. */
export function queuesOf(said: Said): LiveQueue[] | null {
  return listed(said, 'queue')?.flatMap((record) => queueOf(record) ?? []) ?? null;
}

function queueOf(record: DomRecord): LiveQueue | undefined {
  const name = words(record.get('name'));
  if (name === null) return undefined;
  const slash = name.indexOf('/');
  return {
    name,
    domain: slash < 0 ? name : name.slice(0, slash),
    virtualMta: slash < 0 ? '' : name.slice(slash + 1),
    recipients: count(firstOf(record, 'rcp', 'rcpt')),
    kilobytes: count(record.get('kb')),
    mode: words(record.get('mode'))?.toLowerCase() ?? null,
    since: words(firstOf(record, 'modeSince', 'since', 'backoffSince', 'modeTime')),
    paused: truth(record.get('paused')),
    oldest: words(firstOf(record, 'oldest', 'oldestTime', 'oldestMsg')),
    retry: words(firstOf(record, 'retryTime', 'nextRetry', 'retry')),
    lastError: lastError(record),
  };
}

/** The newest of the queue's events. Their order is not documented; their times are comparable as text. */
function lastError(record: DomRecord): LiveQueue['lastError'] {
  const indexes = [...record.keys()].flatMap((key) => /^event(?:\[\d+\])?(?=\.text$)/.exec(key) ?? []);
  const events = indexes.map((event) => ({
    time: words(record.get(`${event}.time`)),
    text: printable(record.get(`${event}.text`) ?? ''),
  }));
  const newest = events.reduce<(typeof events)[number] | undefined>(
    (best, event) => (best === undefined || (event.time ?? '') >= (best.time ?? '') ? event : best),
    undefined,
  );
  if (newest) return newest;
  const text = words(firstOf(record, 'lastError', 'errorText', 'error'));
  return text === null ? null : { time: words(firstOf(record, 'lastErrorTime', 'errorTime')), text };
}

export const isBackoff = ({ mode }: LiveQueue): boolean => mode?.startsWith('backoff') ?? false;

/** Worst first: in backoff, paused, with an error, then the others; the fullest first in each. */
export function worstFirst(queues: readonly LiveQueue[]): LiveQueue[] {
  const rank = (queue: LiveQueue) => (isBackoff(queue) ? 0 : queue.paused ? 1 : queue.lastError ? 2 : 3);
  return [...queues].sort((a, b) => rank(a) - rank(b) || (b.recipients ?? 0) - (a.recipients ?? 0));
}
