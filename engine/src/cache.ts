import { createClient } from 'redis';
import type { Config } from './config.js';
import type { Component } from './health.js';

/** Redis, over one connection that is opened again whenever it breaks. */
export class Cache implements Component {
  readonly name = 'redis';
  readonly #client;

  /** `onError` hears of each failed attempt. */
  constructor({ host, port, password }: Config['redis'], onError: (error: Error) => void) {
    this.#client = createClient({
      socket: { host, port, reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 5_000) },
      password,
      disableOfflineQueue: true, // a command on a broken connection fails at once instead of waiting
    });
    this.#client.on('error', onError);
  }

  /** Starts connecting, and goes on trying in the background: the API works without Redis, and says so. */
  start(): void {
    this.#client.connect().catch(() => undefined); // already told to onError
  }

  async check(): Promise<void> {
    await this.#client.ping();
  }

  close(): void {
    this.#client.destroy();
  }
}
