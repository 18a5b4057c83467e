import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2';
import { makeKey } from './sshd.js';

/** What a server does with a command once a login has worked, and `id -u` has been answered. */
export type Malice =
  /** Asked for a session, it says nothing. */
  | 'no session'
  /** It opens the session, and says nothing to the request of a command. */
  | 'no start'
  /** The command begins and never ends. */
  | 'no end'
  /** The command begins, and what it is sent is never read. */
  | 'no reading'
  /** It never ends, and writes without an end. */
  | 'flood of lines on stdout'
  | 'flood of lines on stderr'
  | 'flood without a line end on stdout'
  | 'flood without a line end on stderr'
  /** The command ends, and its channel is never closed. */
  | 'no close'
  /** The command ends at once, well or with an error, and what it says would steer a terminal. */
  | 'steering words'
  | 'steering last words'
  /** Asked for a connection to somewhere, it says nothing. */
  | 'no forwarding';

/** A title, a cleared screen, hidden text in two ways, a turned direction, a name that only looks like another. */
export const STEERING = '\x1b]0;owned\x07\x1b[2J\x9b8m\x1b[8mhidden\u202e\u200b\r\n';

export const FLOODS: readonly Malice[] = [
  'flood of lines on stdout',
  'flood of lines on stderr',
  'flood without a line end on stdout',
  'flood without a line end on stderr',
];

/** A server of SSH on 127.0.0.1 that lets everybody in and then behaves badly. Its folder has a key to log in with. */
export class HostileSshd {
  /** Commands that it was asked for, but those that are answered well. */
  readonly commands: string[] = [];
  #misbehaves: () => void = () => undefined;
  /** Comes true when somebody waits for what it does not do. */
  readonly misbehaving = new Promise<void>((resolve) => (this.#misbehaves = resolve));
  readonly #server: ssh2.Server;
  readonly #connections = new Set<Connection>();

  private constructor(
    readonly folder: string,
    /** The host key as known_hosts has it: `type base64`. */
    readonly hostKey: string,
    private readonly malice: Malice,
    key: string,
  ) {
    this.#server = new ssh2.Server({ hostKeys: [key] }, (connection) => this.#welcome(connection));
  }

  static async start(malice: Malice): Promise<HostileSshd> {
    const folder = await mkdtemp(join(tmpdir(), 'ee-hostile-'));
    for (const name of ['host', 'key']) makeKey(join(folder, name), 'ed25519');
    const [key, publicKey] = await Promise.all(
      ['host', 'host.pub'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    const server = new HostileSshd(folder, (publicKey ?? '').trim(), malice, key ?? '');
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${server.port} ${server.hostKey}\n`);
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.end();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(this.folder, { recursive: true, force: true });
  }

  #welcome(connection: Connection): void {
    this.#connections.add(connection);
    let sessions = 0;
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => context.accept());
    connection.on('ready', () => {
      connection.on('session', (accept) => {
        sessions += 1;
        const isFirst = sessions === 1 && this.malice !== 'no forwarding';
        if (!isFirst) this.#misbehaves();
        if (this.malice === 'no session' && !isFirst) return;
        this.#session(accept(), isFirst);
      });
      connection.on('tcpip', () => undefined);
    });
  }

  #session(session: Session, isFirst: boolean): void {
    session.on('exec', (accept, _reject, { command }) => {
      if (isFirst) {
        const channel = accept();
        channel.resume();
        channel.write('0\n');
        channel.exit(0);
        channel.end();
        return;
      }
      this.commands.push(command);
      if (this.malice === 'no start') return;
      this.#misbehave(accept());
    });
  }

  #misbehave(channel: ServerChannel): void {
    channel.on('error', () => undefined);
    if (this.malice !== 'no reading') channel.resume();
    if (this.malice === 'no close') channel.exit(0);
    if (this.malice.startsWith('steering')) {
      for (const stream of [channel, channel.stderr]) stream.write(STEERING.repeat(3));
      channel.exit(this.malice === 'steering words' ? 0 : 1);
      channel.end();
    }
    if (!FLOODS.includes(this.malice)) return;
    const stream = this.malice.endsWith('stderr') ? channel.stderr : channel;
    const chunk = Buffer.alloc(32 * 1024, this.malice.includes('without') ? 'x' : 'a line of no use\n');
    const flood = (): void => {
      while (!channel.destroyed && stream.write(chunk));
      stream.once('drain', () => setImmediate(flood));
    };
    flood();
  }
}
