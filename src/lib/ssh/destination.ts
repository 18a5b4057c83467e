import { EeError } from '../errors.js';

/** A place to log in to, as `ssh -J` writes it. What is missing comes from ssh_config. */
export interface Destination {
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
}

const FORM =
  /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<bare>[^:@[\]]+)|(?<ipv6>[^[\]@]*:[^[\]@]*:[^[\]@]*))(?::(?<port>\d+))?$/;

/** Reads `[user@]host[:port]`; an IPv6 address with a port stands in brackets. Throws USAGE on anything else. */
export function parseDestination(text: string): Destination {
  const groups = FORM.exec(text.trim())?.groups;
  const host = groups?.bracketed ?? groups?.ipv6 ?? groups?.bare;
  const port = groups?.port === undefined ? undefined : Number(groups.port);
  // A leading dash would be read as an option by ssh.
  if (!host || /^-|\s/.test(host) || groups?.user?.startsWith('-') || port === 0 || (port ?? 1) > 65535) {
    throw new EeError('USAGE', {
      message: `"${text}" is not a host to log in to.`,
      hint: 'Write it as [user@]host[:port], for example admin@198.51.100.9:2222.',
    });
  }
  return { host, ...(groups?.user ? { user: groups.user } : {}), ...(port === undefined ? {} : { port }) };
}

/** Reads a ProxyJump value: destinations separated by commas, the nearest first. `none` and nothing are no jump. */
export function parseJumps(text: string | undefined): Destination[] {
  if (text === undefined || text.trim() === '' || text.trim().toLowerCase() === 'none') return [];
  return text.split(',').map(parseDestination);
}
