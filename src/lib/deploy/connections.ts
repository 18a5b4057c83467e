import type { Host } from '../ssh/host.js';
import type { HostAccess, HostName, Settings } from '../settings/settings.js';

/** Opens a connection; the command gives it the agent and the operator's answers. */
export type Connect = (access: HostAccess) => Promise<Host>;

/**
 * Connects to all hosts at once. Either all are there, or none stays open and the first failure, in the hosts' order, is thrown.
 */
export async function connectAll(
  settings: Settings,
  names: readonly HostName[],
  connect: Connect,
): Promise<Map<HostName, Host>> {
  const outcomes = await Promise.allSettled(names.map((name) => connect(settings.hosts[name])));
  const hosts = new Map<HostName, Host>();
  for (const [index, outcome] of outcomes.entries()) {
    const name = names[index];
    if (name && outcome.status === 'fulfilled') hosts.set(name, outcome.value);
  }
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failed) return hosts;
  await closeAll(hosts);
  throw failed.reason;
}

export async function closeAll(hosts: ReadonlyMap<HostName, Host>): Promise<void> {
  await Promise.allSettled([...hosts.values()].map((host) => host.close()));
}
