import { EeError } from '../errors.js';

/** The host that a connection was tried to, as errors name it. */
export interface Peer {
  readonly label: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on that port (connection refused)',
  ECONNRESET: 'the connection was cut (reset)',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to its network',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'no DNS server answers for its name',
  ETIMEDOUT: 'no answer in time',
};

/** Until a login is complete. A busy host lets sshd wait for systemd-logind, for the 25 seconds of a call over D-Bus, and goes on then. */
export const READY_TIMEOUT_MS = 35_000;

/** Turns what node-ssh and ssh2 throw while connecting into a sentence: SSH_AUTHENTICATION or SSH_UNREACHABLE. */
export function connectionFailure(error: unknown, { label, address, port, user }: Peer, tried: string): EeError {
  const { level, code, message } = error as { level?: string; code?: unknown; message?: string };
  // OpenSSH ends the connection by itself after MaxAuthTries wrong keys.
  if (level === 'client-authentication' || /authentication failures/i.test(message ?? '')) {
    return new EeError('SSH_AUTHENTICATION', { host: label, address, user, tried }, { cause: error });
  }
  const reason =
    level === 'client-timeout'
      ? `no answer within ${READY_TIMEOUT_MS / 1000} s`
      : ((typeof code === 'string' ? REASONS[code] : undefined) ?? (message || 'the connection failed'));
  return new EeError('SSH_UNREACHABLE', { host: label, address, port, reason }, { cause: error });
}
