import { addressIn, type LabSubnet } from '../network.js';
import { providersOf } from './providers.js';

/** The two name servers of the lab's zones. They know nothing of each other, so that one can be stale or down. */
export const NAME_SERVERS = ['ns1', 'ns2'] as const;
export type NameServer = (typeof NAME_SERVERS)[number];

/** The two resolvers. Each has a cache of its own, so that one can still know what the other has forgotten. */
export const RESOLVERS = ['resolver1', 'resolver2'] as const;
export type LabResolver = (typeof RESOLVERS)[number];

/** The zone above the lab's domain and the others that are its own. It has a name server of its own, which refers to those two. */
export const PARENT_ZONE = 'example';
export const PARENT = 'parent';

/** The addresses of the host `world`: each service has its own, as each would be a machine of its own elsewhere. */
export interface WorldAddresses {
  readonly nameServers: Readonly<Record<NameServer, string>>;
  /** They ask the name servers for what those know, and the machine's own resolver for everything else. */
  readonly resolvers: Readonly<Record<LabResolver, string>>;
  /** The certificate authority. It asks the first resolver. */
  readonly authority: string;
  /** The name server of the zone above. */
  readonly parent: string;
  /** All of them, the host's first. */
  readonly all: readonly string[];
}

export function worldAddresses(subnet: LabSubnet): WorldAddresses {
  const nameServers = { ns1: subnet.hosts.world, ns2: addressIn(subnet, 3) };
  const resolvers = { resolver1: addressIn(subnet, 4), resolver2: addressIn(subnet, 5) };
  const authority = addressIn(subnet, 6);
  const parent = addressIn(subnet, 7);
  const providers = providersOf(subnet).map(({ address }) => address);
  const all = [...Object.values(nameServers), ...Object.values(resolvers), authority, parent, ...providers];
  return { nameServers, resolvers, authority, parent, all };
}
