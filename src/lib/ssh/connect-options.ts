import type { Bounds } from './bounds.js';

/** What an unknown host shows, for the person who decides. */
export interface NewHostKey {
  readonly host: string;
  /** As known_hosts names it. */
  readonly address: string;
  readonly fingerprint: string;
  readonly knownHosts: string;
}

export interface ConnectOptions {
  /** Path of the ssh-agent's socket (`SSH_AUTH_SOCK`). */
  readonly agentSocket?: string | undefined;
  /** Records the key of a host that has none in known_hosts. A changed key is refused all the same. */
  readonly acceptNewHostKey?: boolean | undefined;
  /** Asks a person about the key of such a host, with no connection waiting. */
  readonly askNewHostKey?: ((key: NewHostKey) => Promise<boolean>) | undefined;
  /**
   * Interrupts connecting and whatever runs on the host at that moment. What is started on it afterwards runs: a lock
   * can still be released.
   */
  readonly signal?: AbortSignal | undefined;
  /** How long anything is waited for, where that differs from BOUNDS. */
  readonly bounds?: Partial<Bounds> | undefined;
}
