import { EeError } from '../errors.js';
import type { HostAccess } from '../settings/settings.js';
import type { Host } from './host.js';

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
}

/**
 * Logs in to a host and makes sure that commands can run as root there. Throws SSH_UNREACHABLE, SSH_AUTHENTICATION, SSH_KEY,
 * SSH_HOST_KEY_UNKNOWN, _CHANGED or _REVOKED, SSH_SUDO, INTERRUPTED.
 */
export async function connect(access: HostAccess, options: ConnectOptions = {}): Promise<Host> {
  // Loaded here, since most commands never connect: the SSH libraries take 300 ms to load.
  const [{ openConnection }, { SshHost }] = await Promise.all([
    import('./open-connection.js'),
    import('./ssh-host.js'),
  ]);
  const connection = await openConnection(access, options);
  // Told once, the person need not be asked again.
  const again = () => connect(access, { ...options, acceptNewHostKey: false, askNewHostKey: undefined });
  const host = new SshHost({ access, connection, session: options.signal, again });
  try {
    await host.checkRoot();
  } catch (error) {
    await host.close();
    if (error instanceof EeError) throw error;
    throw new EeError('SSH_LOST', { host: access.name, during: 'logging in' }, { cause: error });
  }
  return host;
}
