import type { Expectations } from './expectations.js';

/** What a host said when it was asked whether it is ready for a configuration. */
export interface Readiness {
  /** Addresses on its interfaces. */
  readonly addresses: readonly string[];
  /** Files of those that were asked about that the user of the service cannot read. */
  readonly unreadable: readonly string[];
  readonly freeMegabytes: number;
  /** Who listens: `address:port`, and the program where the host tells it. */
  readonly listening: readonly { readonly at: string; readonly program: string }[];
  /** PowerMTA says itself that it is running. */
  readonly running: boolean;
}

/** Megabytes that must be free: less, and PowerMTA soon stops taking mail. */
const FREE_MEGABYTES = 200;

/**
 * Why the configuration cannot be put into force on this host. Where the service of PowerMTA is not active there is nothing to disturb:
 * it may be the configuration that keeps it from starting.
 */
export function unfitness(
  { addresses, readable, listeners }: Expectations,
  host: Readiness,
  { isActive }: { readonly isActive: boolean },
): string[] {
  return [
    ...(host.running || !isActive ? [] : ['PowerMTA does not say that it is running, though its service does']),
    ...addresses.filter((ip) => !host.addresses.includes(ip)).map((ip) => `the address ${ip} is not on this host`),
    ...readable.filter((path) => host.unreadable.includes(path)).map((path) => `the user pmta cannot read ${path}`),
    ...(host.freeMegabytes < FREE_MEGABYTES
      ? [`only ${host.freeMegabytes} MB are free, and PowerMTA needs ${FREE_MEGABYTES} MB`]
      : []),
    ...listeners.flatMap(({ address, port }) => {
      const taken = host.listening.find(
        ({ at, program }) => isAt(at, address, port) && program !== '' && !program.startsWith('pmta'),
      );
      return taken ? [`port ${port} on ${address} is taken by ${taken.program}`] : [];
    }),
  ];
}

const isAt = (at: string, address: string, port: number): boolean =>
  [`${address}:${port}`, `0.0.0.0:${port}`, `*:${port}`, `[::]:${port}`].includes(at) ||
  (address === '0.0.0.0' && at.endsWith(`:${port}`));

/** Reads what the questions to the host printed. */
export function parseReadiness(output: string): Readiness {
  const lines = output.split('\n').map((line) => line.trim());
  const all = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  return {
    addresses: all('address'),
    unreadable: all('unreadable'),
    freeMegabytes: Math.min(...all('free').map((kib) => Math.floor(Number(kib) / 1024)), Number.MAX_SAFE_INTEGER),
    listening: all('listening').map((line) => {
      const [at = '', ...rest] = line.split(' ');
      return { at, program: /\(\("([^"]+)"/.exec(rest.join(' '))?.[1] ?? '' };
    }),
    running: all('status').some((line) => /\brunning\b/i.test(line)),
  };
}
