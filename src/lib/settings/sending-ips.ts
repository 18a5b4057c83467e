import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { isIpv4, items } from './value-types.js';

/** PowerMTA hosts have tens to hundreds of addresses. More than this is a slip of the pen in a range. */
const MOST = 1024;

/** IPv4 only: the sending identities, their reverse names and the warm-up are planned per IPv4 address. */
export const ipv4 = z
  .string()
  .refine(isIpv4, 'is not an IPv4 address — write it like 192.0.2.11 (sending is over IPv4 only)')
  .refine((value) => !isIpv4(value) || canSend(value), 'is no address that mail can be sent from — write a public one');

/** `192.0.2.11, 192.0.2.20-192.0.2.24 198.51.100.8/29`, expanded in the order written. */
export const sendingIps = z.string().transform((value, context) => {
  const addresses: string[] = [];
  for (const item of items(value)) {
    const expanded = expand(item);
    const unfit = typeof expanded === 'string' ? undefined : expanded.find((address) => !canSend(address));
    if (typeof expanded === 'string') context.addIssue({ code: 'custom', message: expanded });
    else if (unfit !== undefined) context.addIssue({ code: 'custom', message: notToSendFrom(item, unfit) });
    else addresses.push(...expanded);
  }
  if (addresses.length > MOST) {
    context.addIssue({ code: 'custom', message: `gives ${addresses.length} addresses — name ${MOST} at most` });
  }
  return addresses;
});

/** "This network", loopback, link-local, multicast and reserved addresses (RFC 6890): no host has them towards the others. */
const UNFIT = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'].map((range) =>
  ipaddr.IPv4.parseCIDR(range),
);

function canSend(address: string): boolean {
  const parsed = ipaddr.IPv4.parse(address);
  return !UNFIT.some((range) => parsed.match(range));
}

function notToSendFrom(item: string, address: string): string {
  const which = item === address ? 'which is no address' : `where ${address} is no address`;
  return `has ${item}, ${which} that mail can be sent from — write public addresses of VPS2`;
}

/** The addresses of one item, or what is wrong with it. */
function expand(item: string): string[] | string {
  if (isIpv4(item)) return [item];
  const [, first, last] = /^([\d.]+)-([\d.]+)$/.exec(item) ?? [];
  if (first !== undefined && last !== undefined && isIpv4(first) && isIpv4(last)) {
    const [low, high] = [toNumber(first), toNumber(last)];
    return low > high ? `has ${item}, which runs backwards — write the lower address first` : between(low, high, item);
  }
  const [, network, bits] = /^([\d.]+)\/(0|[1-9]\d?)$/.exec(item) ?? [];
  if (network !== undefined && bits !== undefined && isIpv4(network) && Number(bits) <= 32)
    return hostsOf(network, Number(bits), item);
  return `has ${item}, which is not an IPv4 address, range or network — write 192.0.2.11, 192.0.2.10-192.0.2.14 or 192.0.2.8/29`;
}

/** The hosts of a network: all but its own address and its broadcast address, which no interface can have (RFC 922). */
function hostsOf(network: string, bits: number, item: string): string[] | string {
  const size = 2 ** (32 - bits);
  const base = toNumber(network);
  if (base % size !== 0) {
    return `has ${item}, which is not the start of a network — did you mean ${toAddress(base - (base % size))}/${bits}?`;
  }
  return bits >= 31 ? between(base, base + size - 1, item) : between(base + 1, base + size - 2, item);
}

function between(low: number, high: number, item: string): string[] | string {
  const count = high - low + 1;
  if (count > MOST) return `has ${item}, which is ${count} addresses — name ${MOST} at most`;
  return Array.from({ length: count }, (_, offset) => toAddress(low + offset));
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((number, byte) => number * 256 + byte, 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
