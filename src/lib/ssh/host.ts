import type { Duplex, Readable } from 'node:stream';

/** What a remote command gave. `stdout` and `stderr` are raw bytes, since configuration files need not be UTF-8. */
export interface RunResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface RunOptions {
  /** Named in errors: `installing packages`. */
  readonly step?: string;
  /** Milliseconds without any output after which the command's process group is killed. Default 15 minutes; `Infinity` for never. */
  readonly idleTimeout?: number;
  /** Each line of either stream as it comes, for progress. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Begins the mark that the command carries in its argument list, so that all commands with it can be found and ended. */
  readonly family?: string;
  /** The interrupt of the connection does not end it: whoever began it does. */
  readonly endsItself?: boolean;
}

/** A file to bring to a host. */
export interface Upload {
  /** Path on this machine, or the bytes themselves. */
  readonly source: string | Buffer;
  readonly bytes: number;
  /** Hex SHA-256 of the content. */
  readonly sha256: string;
  /** Absolute path on the host. Its folder exists; the file gets mode 0600 and root as owner. */
  readonly target: string;
}

/** A port of a host whose connections come here, until it is closed. */
export interface RemoteListener {
  close(): Promise<void>;
}

/** The other end of a connection that came in on a host, as the host sees it. */
export interface RemotePeer {
  readonly address: string;
  readonly port: number;
}

/** One VPS. Everything runs as root: directly, or through sudo for another user. */
export interface Host {
  readonly name: string;
  readonly address: string;

  /**
   * Runs a POSIX shell script, sent on the standard input of `sh -s`: it may carry secrets, for nothing of it stands in an
   * argument list. Commands inside read from /dev/null, without a terminal, in `/`, with `LC_ALL=C`, a full PATH and umask 022.
   * A status other than 0 is a result, not an error; 128 + n is a shell that signal n ended.
   */
  run(script: string, options?: RunOptions): Promise<RunResult>;

  /**
   * Runs `command` with `input` on its standard input. The command stands in the remote process list: never a secret in it.
   */
  pipe(command: string, input: Readable | Buffer, options?: RunOptions): Promise<RunResult>;

  /**
   * Brings a file to the host and verifies its SHA-256 there. What is there already is not sent; what was cut is resumed.
   * Returns the number of bytes that the host lacked.
   */
  upload(file: Upload, options?: RunOptions & { onBytes?: (sent: number, total: number) => void }): Promise<number>;

  /**
   * A connection from the host itself to `address:port`; it ends with this one. Whoever gets it must hear its `error`. Throws
   * SSH_FORWARDING where sshd forbids it, DIAL_FAILED where nothing answers there, SSH_LOST.
   */
  dial(address: string, port: number): Promise<Duplex>;

  /**
   * Listens on a port of the host, as long as this connection lasts, and gives each connection that comes in there. sshd binds it
   * as the user who logs in, so `port` is above 1023. Throws SSH_FORWARDING, PORT_TAKEN where something listens there, SSH_LOST.
   */
  listen(
    address: string,
    port: number,
    onConnection: (stream: Duplex, from: RemotePeer) => void,
  ): Promise<RemoteListener>;

  /** A second, fresh connection to the same host: proves that logging in still works. The caller closes it. */
  reconnect(): Promise<Host>;

  close(): Promise<void>;
}
