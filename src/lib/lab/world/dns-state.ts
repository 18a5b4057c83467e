import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NameServer } from './addresses.js';
import { NOTHING_LISTED, type Listings } from './blocklists.js';
import type { Faults } from './faults.js';
import type { Files } from './name-service.js';

/** What the lab's DNS was told: kept in the world itself, so that it goes and comes with it. */
export interface DnsState {
  /** The zones that each name server was given last. */
  readonly zones: Readonly<Record<NameServer, readonly string[]>>;
  readonly listings: Listings;
  readonly faults: Faults;
}

const FILE = 'var/lib/world/dns.json';

export const AT_FIRST: DnsState = { zones: { ns1: [], ns2: [] }, listings: NOTHING_LISTED, faults: {} };

/** What was told to the DNS of the world with this root. */
export async function readDnsState(root: string): Promise<DnsState> {
  const text = await readFile(join(root, FILE), 'utf8').catch(() => undefined);
  return text === undefined ? AT_FIRST : (JSON.parse(text) as DnsState);
}

export function dnsStateFile(state: DnsState): Files {
  return { [FILE]: `${JSON.stringify(state, null, 2)}\n` };
}
