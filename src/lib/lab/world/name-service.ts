import {
  NAME_SERVERS,
  PARENT,
  PARENT_ZONE,
  RESOLVERS,
  type LabResolver,
  type NameServer,
  type WorldAddresses,
} from './addresses.js';
import { BACK_PORT, zonesByState, type DnsFault } from './faults.js';
import type { Zone } from './zones.js';

/** Files of a host by their paths from its root. */
export type Files = Readonly<Record<string, string>>;

const folderOf = (server: string): string => `var/lib/world/${server}`;

/** The configuration of the name servers and of the resolvers, without their zones. */
export function nameServiceFiles(
  { nameServers, resolvers, parent }: WorldAddresses,
  forwarders: readonly string[],
): Files {
  return Object.fromEntries([
    [`etc/world/${PARENT}.conf`, knotConfiguration(PARENT, parent)],
    ...NAME_SERVERS.map((server) => [`etc/world/${server}.conf`, knotConfiguration(server, nameServers[server])]),
    ...RESOLVERS.map((resolver) => [
      `etc/world/${resolver}.conf`,
      resolverConfiguration(resolver, resolvers[resolver], forwarders),
    ]),
  ]) as Files;
}

/** How long the resolvers remember: hardly, so that what is published is answered a second later; or as long as TTLs say. */
export const MEMORIES = ['second', 'ttl'] as const;
export type Memory = (typeof MEMORIES)[number];

/** Its path on the host, where a resolver finds it. Empty: TTLs are honoured. */
const MEMORY_FILE = 'var/lib/world/memory.conf';

export function memoryFile(memory: Memory): Files {
  return { [MEMORY_FILE]: memory === 'ttl' ? '' : '  cache-max-ttl: 1\n  cache-max-negative-ttl: 1\n' };
}

/** Shell that has the resolvers which run read their files again. A memory that honours TTLs is kept, as outside of a lab. */
export const RELOAD_RESOLVERS = RESOLVERS.map(
  (resolver) => `if systemctl -q is-active world-resolver@${resolver}; then
  if [ -s /${MEMORY_FILE} ]; then how=reload; else how=reload_keep_cache; fi
  unbound-control -c /etc/world/${resolver}.conf $how >/dev/null
fi
`,
).join('');

/** The zones of one name server, a file each. */
export function zoneFiles(server: NameServer, zones: readonly Zone[]): Files {
  return Object.fromEntries(zones.map(({ name, text }) => [`${folderOf(server)}/${name}.zone`, text]));
}

/** The zone above, which never changes, with the list that names it alone. */
export function parentFiles(zone: Zone): Files {
  return {
    [`${folderOf(PARENT)}/${zone.name}.zone`]: zone.text,
    [`${folderOf(PARENT)}/zones.conf`]: `zone:\n  - domain: ${zone.name}\n`,
  };
}

/** The list of the zones that one name server knows: without those that it refuses, and with those it lost named but nowhere. */
export function zoneListFile(server: NameServer, zones: readonly string[], faults?: readonly DnsFault[]): Files {
  const { sound, failing } = zonesByState(zones, faults);
  const entries = [...sound.map((zone) => `  - domain: ${zone}\n`), ...failing.map(lost)];
  return { [`${folderOf(server)}/zones.conf`]: entries.length === 0 ? '' : `zone:\n${entries.join('')}` };
}

const lost = (zone: string): string => `  - domain: ${zone}\n    file: /nonexistent/${zone}\n`;

/** Shell that has a name server read its zones anew, once it has found no fault in them; one that is stopped does so at its start. */
export function reloadNameServer(server: NameServer, zones: readonly string[], faults?: readonly DnsFault[]): string {
  const { sound } = zonesByState(zones, faults);
  if (sound.length === 0) return '';
  const knotc = `knotc -c /etc/world/${server}.conf`;
  return `${knotc} zone-check ${sound.join(' ')} >/dev/null
if systemctl -q is-active world-ns@${server}; then
  ${knotc} -b reload >/dev/null
  ${knotc} -b zone-reload ${sound.join(' ')} >/dev/null
fi
`;
}

/** What the resolvers ask the name servers for. */
export function stubFile(zones: readonly string[], { nameServers, parent }: WorldAddresses): Files {
  const stub = (zone: string, addresses: readonly string[]): string =>
    `stub-zone:\n  name: ${zone}\n${addresses.map((address) => `  stub-addr: ${address}\n`).join('')}`;
  const stubs = zones.map((zone) => stub(zone, Object.values(nameServers)));
  return { 'var/lib/world/stubs.conf': [stub(PARENT_ZONE, [parent]), ...stubs].join('') };
}

function knotConfiguration(server: string, address: string): string {
  const folder = `/${folderOf(server)}`;
  return `server:
    rundir: /run/world-${server}
    identity: ${server}
    listen: [ ${address}@53, ${address}@${BACK_PORT} ]
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

/** Unbound without DNSSEC, since the lab's zones are not signed. A name server that was down is asked again at once. */
function resolverConfiguration(resolver: LabResolver, address: string, forwarders: readonly string[]): string {
  return `server:
  directory: /etc/unbound
  chroot: ""
  username: unbound
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  interface: ${address}
  interface: ${address}@${BACK_PORT}
  ip-freebind: yes
  access-control: 10.77.0.0/16 allow
  do-ip6: no
  module-config: iterator
  unblock-lan-zones: yes
  insecure-lan-zones: yes
  infra-host-ttl: 1
  outbound-msg-retry: 2
include: /${MEMORY_FILE}
include: /var/lib/world/stubs.conf
remote-control:
  control-enable: yes
  control-interface: /run/world-${resolver}/control.sock
  control-use-cert: no
forward-zone:
  name: .
${forwarders.map((forwarder) => `  forward-addr: ${forwarder}\n`).join('')}`;
}
