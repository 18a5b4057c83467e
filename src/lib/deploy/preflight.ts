import type { HostFacts } from '../converge/host-facts.js';
import { EeError } from '../errors.js';
import { phpVersion } from '../roles/mailwizz.js';
import type { HostName, Settings } from '../settings/settings.js';

/** Megabytes that must be free on /var: packages, the application, and room for the database, queue or metrics to begin with. */
const FREE_MEGABYTES: Readonly<Record<HostName, number>> = { vps1: 2000, vps2: 1000, vps3: 2000 };

/** Systems that the roles know. */
const SUPPORTED: Readonly<Record<HostName, readonly string[]>> = {
  vps1: ['debian 12', 'ubuntu 22.04'],
  vps2: ['debian 12', 'debian 13', 'ubuntu 22.04', 'ubuntu 24.04'],
  vps3: ['debian 13'],
};

/** Whether the host can take its role at all; asked of every host before the first change on any. */
export function assertSuitable(host: HostName, facts: HostFacts): void {
  const { os, hasApt, architecture, freeMegabytes, interface: device } = facts;
  const unsuitable = (found: string, needed: string) => new EeError('SYSTEM_UNSUITABLE', { host, found, needed });
  if (!hasApt || !SUPPORTED[host].includes(`${os.id} ${os.version}`)) {
    throw unsuitable(os.name || 'an unknown system', `it must be one of ${SUPPORTED[host].join(', ')}`);
  }
  if (host === 'vps1') phpVersion(facts, host);
  // PowerMTA's packages are for this architecture only.
  if (host === 'vps2' && architecture !== 'x86_64') throw unsuitable(architecture, 'PowerMTA needs x86_64');
  if (!device) throw unsuitable('a system without a default route', 'it must reach the package archive');
  if (freeMegabytes < FREE_MEGABYTES[host]) {
    throw new EeError('DISK_FULL', { host, free: freeMegabytes, needed: FREE_MEGABYTES[host] });
  }
}

/** Refuses a sending address that belongs to somebody else on whom VPS2 depends: taking it would cut the host off. */
export function assertSendingAddresses({ sending, hosts }: Settings, { neighbours, clientAddress }: HostFacts): void {
  const others = new Map([
    [clientAddress, 'the address from which you are connected'] as const,
    [hosts.vps1.address, 'VPS1'] as const,
    [hosts.vps3.address, 'VPS3'] as const,
    ...neighbours.map((address) => [address, 'the gateway or a name server of VPS2'] as const),
  ]);
  for (const { ip } of sending.identities) {
    const owner = others.get(ip);
    if (owner !== undefined) throw new EeError('ADDRESS_TAKEN', { ip, owner });
  }
}
