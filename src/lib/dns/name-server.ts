import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Where a name server listens. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;

/** Reads `address[:port]`, with brackets around an IPv6 address that has a port, as `--server` and DNS_RESOLVERS have it. */
export function serverAddress(text: string): ServerAddress {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const [, v6, v4, port = String(DNS_PORT)] = /^(?:\[([\da-fA-F:.]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = v6 ?? v4 ?? '';
  if (isIP(address) === 0 || Number(port) > 65_535) throw new RangeError(`${text} is not the address of a name server`);
  return { address, port: Number(port) };
}

/** Whether this machine has an IPv6 address of the internet (2000::/3): without one, no IPv6 address of others can be reached. */
export function hasIpv6(): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return addresses.some(({ family, internal, address }) => family === 'IPv6' && !internal && /^[23]/.test(address));
}

/** Resolvers that belong to nobody whose records are checked: Quad9 and Cloudflare. */
const PUBLIC = ['9.9.9.9', '1.1.1.1'];

/** Where the settings name no resolvers: those of this machine, and two public ones, which see what the rest of the world sees. */
export function defaultResolvers(): string[] {
  return [...new Set([...getServers(), ...PUBLIC])];
}
