import { HttpsClient, reasonOf, type HttpAnswer } from '../https-client.js';
import type { ServerAddress } from '../server-address.js';
import { retryAfter } from './backoff.js';
import type { Answer, Receiver } from './delivery.js';
import type { AccountingRecord } from './records.js';

/** Where the API is, and who we are to it. */
export interface ApiAddress extends ServerAddress {
  readonly key: string;
}

/** The intake of the Email-Engine API over HTTPS. It knows each record by its id. */
export class ApiClient implements Receiver {
  readonly #intake: HttpsClient;

  constructor({ key, ...server }: ApiAddress) {
    const headers = { 'X-API-Key': key };
    this.#intake = new HttpsClient('the API', server, { method: 'POST', path: '/v1/accounting', headers });
  }

  async send(records: readonly AccountingRecord[], signal: AbortSignal): Promise<Answer> {
    try {
      return answerOf(await this.#intake.ask(signal, bodyOf(records)));
    } catch (error) {
      if (signal.aborted) throw error;
      return { kind: 'later', reason: reasonOf(error), after: 0 };
    }
  }
}

/** The body of the request. */
export function bodyOf(records: readonly AccountingRecord[]): string {
  return JSON.stringify({ records: records.map(({ id, fields }) => ({ id, fields })) });
}

/**
 * Only an answer of the API that blames the content (400, 413, 422) is a refusal. A wrong key, a missing route or another server is
 * somebody's mistake that will be put right, and no reason to give up a record.
 */
function answerOf({ status, headers, text }: HttpAnswer): Answer {
  const document = parse(text);
  if (status === 200) {
    const { accepted, duplicate } = document;
    if (typeof accepted === 'number' && typeof duplicate === 'number') return { kind: 'accepted', accepted, duplicate };
    return { kind: 'later', reason: 'the answer is not one of the API', after: 0 };
  }
  const detail = typeof document['detail'] === 'string' ? `: ${document['detail']}` : '';
  const reason = `the API answers ${status}${detail}`;
  if (status === 413 || ([400, 422].includes(status) && detail !== '')) return { kind: 'refused', reason };
  return { kind: 'later', reason, after: retryAfter(headers['retry-after']) };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
