import { EeError } from '../errors.js';
import type { HostAccess } from '../settings/settings.js';
import type { Peer } from './connection-failure.js';
import { type Destination, parseJumps } from './destination.js';
import { resolveSshConfig, type SshConfig } from './ssh-config.js';

/** One host on the way, with what ssh_config says of it. */
export interface Hop extends Peer {
  readonly config: SshConfig;
}

/** The hosts to log in to, one through the other: the jump hosts, then the host itself. What the settings say wins. */
export async function findRoute(access: HostAccess, signal?: AbortSignal): Promise<[...Hop[], Hop]> {
  const last = await hop(access.name, { host: access.address, user: access.user, port: access.port }, signal);
  const { proxyCommand, proxyJump } = last.config;
  const jumps = parseJumps(access.jump ?? proxyJump);
  if (jumps.length === 0 && proxyCommand !== undefined && proxyCommand !== 'none') {
    throw new EeError('USAGE', {
      message: `ssh_config reaches ${access.name} (${access.address}) by a ProxyCommand, which ee does not run.`,
      hint: 'Use ProxyJump in ssh_config, or set SSH_JUMP.',
    });
  }
  const before = await Promise.all(jumps.map((jump) => hop(`${access.name}'s jump host`, jump, signal)));
  return [...before, last];
}

async function hop(label: string, destination: Destination, signal: AbortSignal | undefined): Promise<Hop> {
  const config = await resolveSshConfig(destination, { signal });
  return {
    label,
    address: config.hostName || destination.host,
    port: destination.port ?? config.port,
    user: destination.user ?? config.user,
    config,
  };
}
