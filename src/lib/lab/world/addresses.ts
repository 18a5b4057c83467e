import { addressIn, type LabSubnet } from '../network.js';
import { providersOf } from './providers.js';

/** The two name servers of the lab's zones. They know nothing of each other, so that one can be stale or down. */
export const NAME_SERVERS = ['ns1', 'ns2'] as const;
export type NameServer = (typeof NAME_SERVERS)[number];

/** The addresses of the host `world`: each service has its own, as each would be a machine of its own elsewhere. */
export interface WorldAddresses {
  readonly nameServers: Readonly<Record<NameServer, string>>;
  /** Asks the name servers for what they know, and the machine's own resolver for everything else. */
  readonly resolver: string;
  /** All of them, the host's first. */
  readonly all: readonly string[];
}

export function worldAddresses(subnet: LabSubnet): WorldAddresses {
  const nameServers = { ns1: subnet.hosts.world, ns2: addressIn(subnet, 3) };
  const resolver = addressIn(subnet, 4);
  const providers = providersOf(subnet).map(({ address }) => address);
  return { nameServers, resolver, all: [nameServers.ns1, nameServers.ns2, resolver, ...providers] };
}
