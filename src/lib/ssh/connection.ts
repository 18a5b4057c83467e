import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeSSH } from 'node-ssh';
import type { AcceptConnection, Client, ClientChannel, TcpConnectionDetails } from 'ssh2';
import { Semaphore } from '../semaphore.js';
import type { RemotePeer } from './host.js';

/** How often a host that has no command of ours left may refuse another one, and how much longer it is waited each time. */
const REFUSALS = 5;
const REFUSED_WAIT_MS = 200;

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

/** sshd does not lead connections of TCP through, or not this one. */
export class ForwardingRefused extends Error {
  override readonly name = 'ForwardingRefused';
}

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254 §5.1); other reasons are about the far end. */
const PROHIBITED = 1;

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
    for (let refusals = 0; ;) {
      const release = await places.acquire();
      try {
        return await this.#open(command, (channel) => {
          channel.once('close', release);
          return attach(channel);
        });
      } catch (error) {
        // A host with a lower MaxSessions refuses: it gets fewer at once, and this one waits for a place.
        const fewer = error instanceof SessionRefused && places.lower();
        release();
        if (fewer) continue;
        // A busy host may still hold the session of a command that has ended.
        if (!(error instanceof SessionRefused) || ++refusals > REFUSALS) throw error;
        await sleep(REFUSED_WAIT_MS * refusals);
      }
    }
  }

  /** A stream to `host:port` as seen from this connection's host. */
  async forward(host: string, port: number): Promise<Duplex> {
    return this.#ssh.forwardOut('127.0.0.1', 0, host, port);
  }

  /**
   * A stream to `address:port` from this connection's host. Throws ForwardingRefused where sshd forbids it, ConnectionLost, and an
   * Error with sshd's words where nothing answers there.
   */
  dial(address: string, port: number): Promise<ClientChannel> {
    return this.#asked((client, resolve, reject) =>
      client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (!error) return resolve(channel);
        const { reason } = error as { reason?: number | string };
        const forbidden = reason === PROHIBITED || /prohibited/i.test(`${reason} ${error.message}`);
        reject(forbidden ? new ForwardingRefused(error.message, { cause: error }) : error);
      }),
    );
  }

  /**
   * Has this connection's host listen, and hands each connection that comes in there to `onConnection`. Gives what ends it. Throws
   * ForwardingRefused, for which sshd never says a reason, and ConnectionLost.
   */
  async listen(
    address: string,
    port: number,
    onConnection: (channel: ClientChannel, from: RemotePeer) => void,
  ): Promise<() => Promise<void>> {
    const incoming = (details: TcpConnectionDetails, accept: AcceptConnection<ClientChannel>) => {
      if (details.destIP !== address || details.destPort !== port) return;
      onConnection(accept(), { address: details.srcIP, port: details.srcPort });
    };
    this.#client.on('tcp connection', incoming);
    try {
      await this.#asked<undefined>((client, resolve, reject) =>
        client.forwardIn(address, port, (error) =>
          error ? reject(new ForwardingRefused(error.message, { cause: error })) : resolve(undefined),
        ),
      );
    } catch (error) {
      this.#client.off('tcp connection', incoming);
      throw error;
    }
    return async () => {
      this.#client.off('tcp connection', incoming);
      // A connection that is gone has taken its listeners with it.
      await this.#asked<undefined>((client, resolve) =>
        client.unforwardIn(address, port, () => resolve(undefined)),
      ).catch(() => undefined);
    };
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

  /** Asks the host for something that it grants or refuses. An answer that cannot come any more is ConnectionLost. */
  #asked<Result>(
    ask: (client: Client, resolve: (result: Result) => void, reject: (error: Error) => void) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const lost = (cause?: unknown) => refuse(new ConnectionLost('the connection is closed', { cause }));
      const closed = () => lost();
      const settled = () => this.#client.off('close', closed);
      const refuse = (error: Error) => {
        settled();
        reject(error);
      };
      this.#client.once('close', closed);
      try {
        ask(
          this.#client,
          (result) => {
            settled();
            resolve(result);
          },
          (error) => (this.#ssh.isConnected() ? refuse(error) : lost(error)),
        );
      } catch (error) {
        lost(error);
      }
    });
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
