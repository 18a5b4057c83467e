import type { IncomingMessage } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import type { ServerAddress } from './server-address.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Its beginning. */
  readonly text: string;
}

/** More than any answer that is read has. */
const LONGEST_ANSWER = 64 * 1024;

/** How a server is asked. */
interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds of silence after which nothing more is expected; a whole answer may take twice as long. */
  readonly patience?: number;
}

/** Asks a server one question, over one connection that is kept. */
export class HttpsClient {
  readonly #options: RequestOptions;
  readonly #patience: number;

  /** `who` names the server in what failures say. */
  constructor(
    private readonly who: string,
    { address, port, name, authorities }: ServerAddress,
    { method, path, headers = {}, patience = 30_000 }: Question,
  ) {
    this.#patience = patience;
    this.#options = {
      agent: new Agent({ keepAlive: true, maxSockets: 1 }),
      method,
      path,
      host: address,
      port,
      servername: name,
      ca: [...authorities],
      timeout: patience,
      headers: { Host: name, ...headers },
    };
  }

  /** Rejects where there is no whole answer. */
  ask(signal: AbortSignal, document?: string): Promise<HttpAnswer> {
    const body = document === undefined ? undefined : Buffer.from(document);
    const about = body && { 'Content-Type': 'application/json', 'Content-Length': body.length };
    const headers = { ...this.#options.headers, ...about };
    // The idle timeout of the socket does not see an answer that drips.
    const limit = AbortSignal.timeout(2 * this.#patience);
    return new Promise((resolve, reject) => {
      const call = request({ ...this.#options, headers, signal }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          if (text.length < LONGEST_ANSWER) text += chunk;
        });
        const answer = () => ({ status: response.statusCode ?? 0, headers: response.headers, text });
        response.on('end', () => resolve(answer())).on('error', reject);
      });
      limit.addEventListener('abort', () => call.destroy(new Error(`${this.who} takes too long to answer`)));
      call.on('timeout', () => call.destroy(new Error(`${this.who} does not answer`))).on('error', reject);
      call.end(body);
    });
  }
}

/** A failure of the connection as a sentence. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
