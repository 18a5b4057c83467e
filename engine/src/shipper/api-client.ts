import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { retryAfter } from './backoff.js';
import type { Answer, Api } from './delivery.js';
import type { AccountingRecord } from './records.js';

/** Where the API is, and who we are to it. */
export interface ApiAddress {
  readonly address: string;
  readonly port: number;
  /** The name in its certificate. It need not be in the DNS: the connection goes to the address. */
  readonly name: string;
  readonly key: string;
  /** Certificate authorities that are trusted, in PEM. */
  readonly authorities: readonly string[];
}

const PATIENCE = 30_000;
/** More than any answer of the API has. */
const LONGEST_ANSWER = 64 * 1024;

/** The intake of the Email-Engine API over HTTPS. */
export class ApiClient implements Api {
  readonly #options: RequestOptions;

  constructor({ address, port, name, key, authorities }: ApiAddress) {
    this.#options = {
      agent: new Agent({ keepAlive: true, maxSockets: 1 }),
      method: 'POST',
      path: '/v1/accounting',
      host: address,
      port,
      servername: name,
      ca: [...authorities],
      timeout: PATIENCE,
      headers: { Host: name, 'Content-Type': 'application/json', 'X-API-Key': key },
    };
  }

  async send(records: readonly AccountingRecord[], signal: AbortSignal): Promise<Answer> {
    const body = Buffer.from(bodyOf(records));
    try {
      const { response, text } = await this.#post(body, signal);
      return answerOf(response, text);
    } catch (error) {
      if (signal.aborted) throw error;
      return { kind: 'later', reason: reasonOf(error), after: 0 };
    }
  }

  #post(body: Buffer, signal: AbortSignal): Promise<{ response: IncomingMessage; text: string }> {
    const headers = { ...this.#options.headers, 'Content-Length': body.length };
    // The idle timeout of the socket does not see an answer that drips.
    const limit = AbortSignal.timeout(2 * PATIENCE);
    return new Promise((resolve, reject) => {
      const call = request({ ...this.#options, headers, signal }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          if (text.length < LONGEST_ANSWER) text += chunk;
        });
        response.on('end', () => resolve({ response, text })).on('error', reject);
      });
      limit.addEventListener('abort', () => call.destroy(new Error('the API takes too long to answer')));
      call.on('timeout', () => call.destroy(new Error('the API does not answer'))).on('error', reject);
      call.end(body);
    });
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
function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): Answer {
  const document = parse(text);
  if (statusCode === 200) {
    const { accepted, duplicate } = document;
    if (typeof accepted === 'number' && typeof duplicate === 'number') return { kind: 'accepted', accepted, duplicate };
    return { kind: 'later', reason: 'the answer is not one of the API', after: 0 };
  }
  const detail = typeof document['detail'] === 'string' ? `: ${document['detail']}` : '';
  const reason = `the API answers ${statusCode}${detail}`;
  if (statusCode === 413 || ([400, 422].includes(statusCode) && detail !== '')) return { kind: 'refused', reason };
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

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
