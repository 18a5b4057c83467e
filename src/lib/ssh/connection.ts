import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeSSH } from 'node-ssh';
import type { AcceptConnection, Client, ClientChannel, TcpConnectionDetails } from 'ssh2';
import { Semaphore } from '../semaphore.js';
import { type Bounds, BOUNDS } from './bounds.js';
import type { RemotePeer } from './host.js';
import { within } from './within.js';

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
  readonly #bounds: Bounds;
  readonly #commands = new Semaphore(COMMANDS_AT_ONCE);
  readonly #stoppers = new Semaphore(STOPPERS_AT_ONCE);

  constructor(ssh: NodeSSH, client: Client, through?: Connection, bounds = BOUNDS) {
    this.#ssh = ssh;
    this.#client = client;
    this.#through = through;
    this.#bounds = bounds;
  }

  /**
   * Opens a channel for a command and hands it to `attach` at once: its first events can come in the same packet as the
   * answer. Commands wait for a place; stoppers, which end commands, have places of their own. A place is free again when the
   * channel has closed, or when `free` is called for one that does not close. Throws ConnectionLost, SessionRefused, TooLate
   * where the host gives no answer, and Aborted.
   */
  async exec<Result>(
    command: string,
    kind: 'command' | 'stopper',
    attach: (channel: ClientChannel, free: () => void) => Result,
    signals: readonly AbortSignal[] = [],
  ): Promise<Result> {
    const places = kind === 'command' ? this.#commands : this.#stoppers;
    for (let refusals = 0; ;) {
      const release = await place(places, signals);
      const start = (channel: ClientChannel) => {
        channel.once('close', release);
        return attach(channel, release);
      };
      try {
        return await this.#open(command, start, signals);
      } catch (error) {
        // A host with a lower MaxSessions refuses: it gets fewer at once, and this one waits for a place.
        const fewer = error instanceof SessionRefused && places.lower();
        release();
        if (fewer) continue;
        // A busy host may still hold the session of a command that has ended.
        if (!(error instanceof SessionRefused) || ++refusals > REFUSALS) throw error;
        await within(sleep(REFUSED_WAIT_MS * refusals), Infinity, signals);
      }
    }
  }

  /** A stream to `host:port` as seen from this connection's host. Throws what ssh2 does, TooLate and Aborted. */
  async forward(host: string, port: number, signals: readonly AbortSignal[] = []): Promise<Duplex> {
    const opening = this.#ssh.forwardOut('127.0.0.1', 0, host, port);
    return whileWanted(opening, this.#bounds.answer, signals);
  }

  /**
   * A stream to `address:port` from this connection's host. Throws ForwardingRefused where sshd forbids it, ConnectionLost, TooLate,
   * and an Error with sshd's words where nothing answers there.
   */
  dial(address: string, port: number): Promise<ClientChannel> {
    const dialled = this.#asked<ClientChannel>((client, resolve, reject) =>
      client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (!error) return resolve(channel);
        const { reason } = error as { reason?: number | string };
        const forbidden = reason === PROHIBITED || /prohibited/i.test(`${reason} ${error.message}`);
        reject(forbidden ? new ForwardingRefused(error.message, { cause: error }) : error);
      }),
    );
    return whileWanted(dialled, this.#bounds.answer);
  }

  /**
   * Has this connection's host listen, and hands each connection that comes in there to `onConnection`. Gives what ends it. Throws
   * ForwardingRefused, for which sshd never says a reason, ConnectionLost and TooLate.
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
      const asked = this.#asked<undefined>((client, resolve, reject) =>
        client.forwardIn(address, port, (error) =>
          error ? reject(new ForwardingRefused(error.message, { cause: error })) : resolve(undefined),
        ),
      );
      await within(asked, this.#bounds.answer);
    } catch (error) {
      this.#client.off('tcp connection', incoming);
      throw error;
    }
    return async () => {
      this.#client.off('tcp connection', incoming);
      const asked = this.#asked<undefined>((client, resolve) =>
        client.unforwardIn(address, port, () => resolve(undefined)),
      );
      // A connection that is gone has taken its listeners with it; one that does not answer ends soon.
      await within(asked, this.#bounds.farewell).catch(() => undefined);
    };
  }

  /** Ends this connection and those that it goes through. Harmless when they are closed already, and where nobody answers. */
  async close(): Promise<void> {
    if (this.#ssh.isConnected()) {
      const closed = new Promise<void>((resolve) => this.#client.once('close', () => resolve()));
      this.#ssh.dispose();
      // The stream through a jump host that does not answer never says that it has closed.
      await within(closed, this.#bounds.farewell).catch(() => this.#client.destroy());
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

  async #open<Result>(
    command: string,
    attach: (channel: ClientChannel) => Result,
    signals: readonly AbortSignal[],
  ): Promise<Result> {
    let wanted = true;
    const opening = new Promise<Result>((resolve, reject) => {
      const lost = (cause?: unknown) => reject(new ConnectionLost('the connection is closed', { cause }));
      try {
        this.#client.exec(command, (error, channel) => {
          if (!error && !wanted) discard(channel);
          else if (!error) resolve(attach(channel));
          else if (this.#ssh.isConnected()) reject(new SessionRefused(error.message, { cause: error }));
          else lost(error);
        });
      } catch (error) {
        lost(error);
      }
    });
    try {
      return await within(opening, this.#bounds.answer, signals);
    } finally {
      wanted = false;
    }
  }
}

/** A place, once there is one. One that comes when nobody waits for it any more is given back. */
async function place(places: Semaphore, signals: readonly AbortSignal[]): Promise<() => void> {
  const acquired = places.acquire();
  try {
    return await within(acquired, Infinity, signals);
  } catch (error) {
    void acquired.then((release) => release());
    throw error;
  }
}

/** A stream, once it is there. One that comes when nobody waits for it any more is closed. */
async function whileWanted<Stream extends Duplex>(
  opening: Promise<Stream>,
  bound: number,
  signals: readonly AbortSignal[] = [],
): Promise<Stream> {
  try {
    return await within(opening, bound, signals);
  } catch (error) {
    void opening.then(discard, () => undefined);
    throw error;
  }
}

function discard(stream: Duplex): void {
  stream.on('error', () => undefined);
  stream.destroy();
}
