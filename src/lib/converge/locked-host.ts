import type { Duplex, Readable } from 'node:stream';
import { EeError } from '../errors.js';
import { Semaphore } from '../semaphore.js';
import type { Host, RemoteListener, RemotePeer, RunOptions, RunResult, Upload } from '../ssh/host.js';
import { uploadFile, type UploadOptions } from '../ssh/upload.js';
import { familyOf, fence, isLossLine, type Lease, LOST, parseLoss } from './lock-scripts.js';

/** A status from here on is that of a shell that a signal ended: the next holder of the lock may have sent it. */
const FIRST_OF_SIGNALS = 128;

/**
 * A host whose lock this run holds. Everything that runs there through it proves first, in the same round trip, that the run still
 * has the lock, and throws LOCK_LOST where not. What changes a host takes one of these and no other.
 */
export class LockedHost implements Host {
  readonly name: string;
  readonly address: string;
  readonly #host: Host;
  readonly #lease: Lease;
  readonly #release: () => Promise<void>;
  readonly #uploads = new Semaphore(1);

  constructor(host: Host, lease: Lease, release: () => Promise<void>) {
    this.name = host.name;
    this.address = host.address;
    this.#host = host;
    this.#lease = lease;
    this.#release = release;
  }

  /** Gives the lock back. Harmless where it is gone already. */
  release(): Promise<void> {
    return this.#release();
  }

  run(script: string, options: RunOptions = {}): Promise<RunResult> {
    return this.#fenced(options, (own) => this.#host.run(`${fence(this.#lease)}\n${script}`, own));
  }

  pipe(command: string, input: Readable | Buffer, options: RunOptions = {}): Promise<RunResult> {
    return this.#fenced(options, (own) => this.#host.pipe(`${fence(this.#lease)}\n${command}`, input, own));
  }

  async upload(file: Upload, options: UploadOptions = {}): Promise<number> {
    const release = await this.#uploads.acquire();
    try {
      return await uploadFile(this, file, options);
    } finally {
      release();
    }
  }

  dial(address: string, port: number): Promise<Duplex> {
    return this.#host.dial(address, port);
  }

  listen(
    address: string,
    port: number,
    onConnection: (stream: Duplex, from: RemotePeer) => void,
  ): Promise<RemoteListener> {
    return this.#host.listen(address, port, onConnection);
  }

  /** The second connection is not under the lock. */
  reconnect(): Promise<Host> {
    return this.#host.reconnect();
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  /** Throws LOCK_LOST unless this run still has the lock. */
  async assertHeld(): Promise<void> {
    this.#assertHeld(await this.#host.run(fence(this.#lease), { step: 'asking who has the lock' }));
  }

  async #fenced(options: RunOptions, work: (own: RunOptions) => Promise<RunResult>): Promise<RunResult> {
    const { token } = this.#lease;
    const { onLine } = options;
    const result = await work({
      ...options,
      family: familyOf(token),
      ...(onLine ? { onLine: (line) => (isLossLine(line, token) ? undefined : onLine(line)) } : {}),
    });
    if (result.code === LOST) this.#assertHeld(result);
    else if (result.code >= FIRST_OF_SIGNALS) await this.assertHeld();
    return result;
  }

  #assertHeld({ stderr }: RunResult): void {
    const loss = parseLoss(stderr.toString('utf8'), this.#lease.token);
    if (loss) throw new EeError('LOCK_LOST', { host: this.name, ...loss });
  }
}

/** A host that is under a lock already. Any other here is a mistake in the code: it would be changed beside other runs. */
export function asLocked(host: Host): LockedHost {
  if (host instanceof LockedHost) return host;
  throw new Error(`${host.name} is about to be changed without its lock`);
}
