import { isIP } from 'node:net';
import type { Fields } from './fields.js';

/** A web server that is known by its certificate. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
  /** The name in its certificate. It need not be in the DNS: the connection goes to the address. */
  readonly name: string;
  /** Certificate authorities that are trusted, in PEM. */
  readonly authorities: readonly string[];
}

/** Reads it from a configuration, in which `authorities` are paths of files; `read` gives the text of one. */
export function serverAddress(server: Fields, read: (path: string) => string): ServerAddress {
  const address = server.text('address');
  if (address !== '' && isIP(address) === 0) server.problem('address', 'is not an IP address');
  return {
    address,
    port: server.port('port'),
    name: server.text('name'),
    authorities: server.texts('authorities').map(read),
  };
}
