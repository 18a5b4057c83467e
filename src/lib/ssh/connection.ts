import type { Duplex } from 'node:stream';
import type { NodeSSH } from 'node-ssh';
import type { Client, ClientChannel } from 'ssh2';
import { Semaphore } from '../semaphore.js';

/** sshd's MaxSessions is 10 by default: eight for commands leave two to stop them with. */
const COMMANDS_AT_ONCE = 8;
const STOPPERS_AT_ONCE = 2;

/** The connection is gone, or was closed from here. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** The host took the connection but opens no session on it. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';
}

/** One authenticated SSH connection, and the one that it goes through, if any. */
export class Connection {
  readonly #ssh: NodeSSH;
  readonly #client: Client;
  readonly #through: Connection | undefined;
  readonly #commands = new Semaphore(COMMANDS_AT_ONCE);
  readonly #stoppers = new Semaphore(STOPPERS_AT_ONCE);

  constructor(ssh: NodeSSH, client: Client, through?: Connection) {
    this.#ssh = ssh;
    this.#client = client;
    this.#through = through;
  }

  /**
   * Opens a channel for a command and hands it to `attach` at once: its first events can come in the same packet as the
   * answer. Commands wait for a place; stoppers, which end commands, have places of their own.
   */
  async exec<Result>(
    command: string,
    kind: 'command' | 'stopper',
    attach: (channel: ClientChannel) => Result,
  ): Promise<Result> {
    const places = kind === 'command' ? this.#commands : this.#stoppers;
    for (;;) {
      const release = await places.acquire();
      try {
        return await this.#open(command, (channel) => {
          channel.once('close', release);
          return attach(channel);
        });
      } catch (error) {
        // A host with a lower MaxSessions refuses: it gets fewer at once, and this one waits for a place.
        const retry = error instanceof SessionRefused && places.lower();
        release();
        if (!retry) throw error;
      }
    }
  }

  /** A stream to `host:port` as seen from this connection's host. */
  async forward(host: string, port: number): Promise<Duplex> {
    return this.#ssh.forwardOut('127.0.0.1', 0, host, port);
  }

  /** Ends this connection and those that it goes through. Harmless when they are closed already. */
  async close(): Promise<void> {
    if (this.#ssh.isConnected()) {
      await new Promise<void>((resolve) => {
        const forced = setTimeout(() => this.#client.destroy(), 2_000);
        this.#client.once('close', () => {
          clearTimeout(forced);
          resolve();
        });
        this.#ssh.dispose();
      });
    }
    await this.#through?.close();
  }

  #open<Result>(command: string, attach: (channel: ClientChannel) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const lost = (cause?: unknown) => reject(new ConnectionLost('the connection is closed', { cause }));
      try {
        this.#client.exec(command, (error, channel) => {
          if (!error) resolve(attach(channel));
          else if (this.#ssh.isConnected()) reject(new SessionRefused(error.message, { cause: error }));
          else lost(error);
        });
      } catch (error) {
        lost(error);
      }
    });
  }
}
