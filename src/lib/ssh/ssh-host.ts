import type { Duplex, Readable } from 'node:stream';
import { EeError } from '../errors.js';
import type { HostAccess } from '../settings/settings.js';
import type { Bounds } from './bounds.js';
import { type Connection, ConnectionLost, ForwardingRefused } from './connection.js';
import { execute } from './execute.js';
import type { Host, RemoteListener, RemotePeer, RunOptions, RunResult, Upload } from './host.js';
import { remoteFailure } from './remote-failure.js';
import { newMark, scriptText, shellReadingStdin, shellRunning, stopScript } from './remote-shell.js';
import { Semaphore } from '../semaphore.js';
import { TooLate } from './within.js';
import { uploadFile, type UploadOptions } from './upload.js';

const STOP_TIMEOUT_MS = 15_000;

interface Parts {
  readonly access: HostAccess;
  readonly connection: Connection;
  readonly session?: AbortSignal | undefined;
  /** Logs in to the same host once more. */
  readonly again: () => Promise<Host>;
  readonly bounds: Bounds;
}

/** A host behind one SSH connection. */
export class SshHost implements Host {
  readonly name: string;
  readonly address: string;
  readonly #parts: Parts;
  readonly #sudo: boolean;
  /** The line to a host is the limit: two uploads at once would only slow each other down. */
  readonly #uploads = new Semaphore(1);

  constructor(parts: Parts) {
    this.#parts = parts;
    this.name = parts.access.name;
    this.address = parts.access.address;
    this.#sudo = parts.access.user !== 'root';
  }

  async run(script: string, options: RunOptions = {}): Promise<RunResult> {
    const mark = newMark(options.family);
    return this.#execute(shellReadingStdin(mark, this.#sudo), mark, Buffer.from(scriptText(script)), options);
  }

  async pipe(command: string, input: Readable | Buffer, options: RunOptions = {}): Promise<RunResult> {
    const mark = newMark(options.family);
    return this.#execute(shellRunning(command, mark, this.#sudo), mark, input, options);
  }

  async upload(file: Upload, options: UploadOptions = {}): Promise<number> {
    const release = await this.#uploads.acquire();
    try {
      return await uploadFile(this, file, options);
    } finally {
      release();
    }
  }

  async dial(address: string, port: number): Promise<Duplex> {
    try {
      return await this.#parts.connection.dial(address, port);
    } catch (error) {
      const where = `${address}:${port}`;
      if (error instanceof ConnectionLost || error instanceof ForwardingRefused || error instanceof TooLate)
        throw this.#refused(error, where);
      const reason = error instanceof Error ? error.message : String(error);
      throw new EeError('DIAL_FAILED', { host: this.name, where, reason }, { cause: error });
    }
  }

  async listen(
    address: string,
    port: number,
    onConnection: (stream: Duplex, from: RemotePeer) => void,
  ): Promise<RemoteListener> {
    const where = `${address}:${port}`;
    try {
      return { close: await this.#parts.connection.listen(address, port, onConnection) };
    } catch (error) {
      // sshd says no, and not why.
      const owner = error instanceof ForwardingRefused ? await this.#listenerOn(port) : '';
      if (owner !== '') throw new EeError('PORT_TAKEN', { host: this.name, where, owner }, { cause: error });
      throw this.#refused(error, where);
    }
  }

  async reconnect(): Promise<Host> {
    return this.#parts.again();
  }

  async close(): Promise<void> {
    await this.#parts.connection.close();
  }

  /** Throws SSH_SUDO unless commands run as root. */
  async checkRoot(): Promise<void> {
    const { code, stdout, stderr } = await this.run('id -u', { step: 'becoming root', idleTimeout: 30_000 });
    if (code === 0 && stdout.toString().trim() === '0') return;
    if (!this.#sudo) throw remoteFailure(this.name, 'running commands as root', { code, stdout, stderr });
    const said = stderr
      .toString('utf8')
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^sudo: /, '')
      .replace(/\.$/, '');
    throw new EeError('SSH_SUDO', {
      host: this.name,
      user: this.#parts.access.user,
      reason: said || `it runs commands as user ${stdout.toString().trim() || 'unknown'} (status ${code})`,
    });
  }

  #refused(error: unknown, where: string): unknown {
    const host = this.name;
    if (error instanceof TooLate) {
      const seconds = Math.ceil(error.milliseconds / 1000);
      return new EeError('SSH_SILENT', { host, during: `a connection to ${where}`, seconds }, { cause: error });
    }
    if (error instanceof ConnectionLost)
      return new EeError('SSH_LOST', { host, during: `a connection to ${where}` }, { cause: error });
    if (error instanceof ForwardingRefused) return new EeError('SSH_FORWARDING', { host, where }, { cause: error });
    return error;
  }

  /** Who listens on a port of the host, as `ss` tells it: `python3 on 127.0.0.1:2599`. Empty when nobody does. */
  async #listenerOn(port: number): Promise<string> {
    const { stdout } = await this.run(`ss -Hltnp 'sport = :${port}'`, { step: 'asking who listens on a port' });
    const [, local, owner = 'an unknown program'] =
      /^\S+\s+\d+\s+\d+\s+(\S+)\s+\S+(?:\s+users:\(\("([^"]*)".*)?/.exec(stdout.toString('utf8').trim()) ?? [];
    return local === undefined ? '' : `${owner} on ${local}`;
  }

  async #execute(command: string, mark: string, input: Buffer | Readable, options: RunOptions): Promise<RunResult> {
    const { connection, session, bounds } = this.#parts;
    const stop = () => this.#stop(mark);
    return execute(connection, { host: this.name, command, input, options, session, stop, bounds });
  }

  /** Ends what a run left on the host, over a channel of its own. */
  async #stop(mark: string): Promise<void> {
    await execute(this.#parts.connection, {
      host: this.name,
      command: shellReadingStdin(newMark(), this.#sudo),
      input: Buffer.from(scriptText(stopScript(mark))),
      options: { step: 'stopping a command', idleTimeout: STOP_TIMEOUT_MS },
      bounds: this.#parts.bounds,
    });
  }
}
