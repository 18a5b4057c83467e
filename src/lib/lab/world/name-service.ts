import { NAME_SERVERS, type NameServer, type WorldAddresses } from './addresses.js';
import type { Zone } from './zones.js';

/** Files of a host by their paths from its root. */
export type Files = Readonly<Record<string, string>>;

const folderOf = (server: NameServer): string => `var/lib/world/${server}`;

/** The configuration of both name servers and of the resolver, without their zones. */
export function nameServiceFiles(addresses: WorldAddresses, forwarders: readonly string[]): Files {
  const servers = NAME_SERVERS.map((server) => [
    `etc/world/${server}.conf`,
    knotConfiguration(server, addresses.nameServers[server]),
  ]);
  return {
    ...(Object.fromEntries(servers) as Files),
    'etc/world/resolver.conf': resolverConfiguration(addresses.resolver, forwarders),
  };
}

/** The zones of one name server: a file each, and the list of them. */
export function zoneFiles(server: NameServer, zones: readonly Zone[]): Files {
  const folder = folderOf(server);
  return {
    ...Object.fromEntries(zones.map(({ name, text }) => [`${folder}/${name}.zone`, text])),
    [`${folder}/zones.conf`]: `zone:\n${zones.map(({ name }) => `  - domain: ${name}\n`).join('')}`,
  };
}

/** What the resolver asks the name servers for. */
export function stubFile(zones: readonly Zone[], { nameServers }: WorldAddresses): Files {
  const servers = Object.values(nameServers).map((address) => `  stub-addr: ${address}\n`);
  const stub = ({ name }: Zone): string => `stub-zone:\n  name: ${name}\n${servers.join('')}`;
  return { 'var/lib/world/stubs.conf': zones.map(stub).join('') };
}

function knotConfiguration(server: NameServer, address: string): string {
  const folder = `/${folderOf(server)}`;
  return `server:
    rundir: /run/world-${server}
    identity: ${server}
    listen: ${address}@53
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: ${folder}/db
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: ${folder}
    file: "%s.zone"
    # The file is what was published; the server never writes it.
    zonefile-sync: -1
    journal-content: none
include: ${folder}/zones.conf
`;
}

/**
 * Unbound without DNSSEC, since the lab's zones are not signed, and with hardly a memory: what is published is answered a second
 * later, and a name server that was down is asked again at once.
 */
function resolverConfiguration(address: string, forwarders: readonly string[]): string {
  return `server:
  directory: /etc/unbound
  chroot: ""
  username: unbound
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  interface: ${address}
  ip-freebind: yes
  access-control: 10.77.0.0/16 allow
  do-ip6: no
  module-config: iterator
  unblock-lan-zones: yes
  insecure-lan-zones: yes
  cache-max-ttl: 1
  cache-max-negative-ttl: 1
  infra-host-ttl: 1
  outbound-msg-retry: 2
include: /var/lib/world/stubs.conf
remote-control:
  control-enable: yes
  control-interface: /run/world-resolver/control.sock
  control-use-cert: no
forward-zone:
  name: .
${forwarders.map((forwarder) => `  forward-addr: ${forwarder}\n`).join('')}`;
}
