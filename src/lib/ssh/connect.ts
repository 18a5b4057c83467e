import { EeError } from '../errors.js';
import type { HostAccess } from '../settings/settings.js';
import { BOUNDS } from './bounds.js';
import type { ConnectOptions } from './connect-options.js';
import type { Host } from './host.js';

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
  const host = new SshHost({
    access,
    connection,
    session: options.signal,
    again,
    bounds: { ...BOUNDS, ...options.bounds },
  });
  try {
    await host.checkRoot();
  } catch (error) {
    await host.close();
    if (error instanceof EeError) throw error;
    throw new EeError('SSH_LOST', { host: access.name, during: 'logging in' }, { cause: error });
  }
  return host;
}
