import { EeError } from '../errors.js';
import type { Host } from '../ssh/host.js';
import type { HostAccess, HostName, Settings } from '../settings/settings.js';

/** Opens a connection; the command gives it the agent and the operator's answers. */
export type Connect = (access: HostAccess) => Promise<Host>;

export type Connections = ReadonlyMap<HostName, Host>;

/** Connects to all hosts at once. Either all are there, or none stays open and every failure is told, in the hosts' order. */
export async function connectAll(
  settings: Settings,
  names: readonly HostName[],
  connect: Connect,
): Promise<Connections> {
  const outcomes = await Promise.allSettled(names.map((name) => connect(settings.hosts[name])));
  const hosts = new Map<HostName, Host>();
  const failures: unknown[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const name = names[index];
    if (outcome.status === 'rejected') failures.push(outcome.reason);
    else if (name) hosts.set(name, outcome.value);
  }
  if (failures.length === 0) return hosts;
  await closeAll(hosts);
  throw together(failures);
}

/** One failure as it is; several that the operator can mend as one that tells them all. */
function together(failures: readonly unknown[]): unknown {
  const expected = failures.filter((failure) => failure instanceof EeError);
  const interrupted = expected.find(({ code }) => code === 'INTERRUPTED');
  if (interrupted) return interrupted;
  if (failures.length === 1 || expected.length < failures.length) return failures[0];
  return new EeError('HOSTS_UNREACHABLE', { failures: expected });
}

export async function closeAll(hosts: Connections): Promise<void> {
  await Promise.allSettled([...hosts.values()].map((host) => host.close()));
}
