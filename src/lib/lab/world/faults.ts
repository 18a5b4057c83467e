import { NAME_SERVERS, RESOLVERS, type LabResolver, type NameServer, type WorldAddresses } from './addresses.js';

/** Every DNS server of the lab. */
export const DNS_SERVERS = [...NAME_SERVERS, ...RESOLVERS] as const;
export type DnsServer = NameServer | LabResolver;
export const isNameServer = (server: DnsServer): server is NameServer => server === 'ns1' || server === 'ns2';

/** What is wrong with a DNS server. */
export type DnsFault =
  /** Nobody listens: its host says so at once. */
  | { readonly kind: 'stopped' }
  /** No answer ever comes. */
  | { readonly kind: 'silent' }
  /** Every answer comes this much later. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** A name server that answers REFUSED for one zone, or for all: the delegation to it is lame. */
  | { readonly kind: 'refusing'; readonly zone?: string }
  /** A name server that has lost one zone, or all of them, and answers SERVFAIL. */
  | { readonly kind: 'failing'; readonly zone?: string };

export type Faults = Readonly<Partial<Record<DnsServer, readonly DnsFault[]>>>;

const zoneOf = (fault: DnsFault): string | undefined => ('zone' in fault ? fault.zone : undefined);

/** One more fault of a server, in the place of one of this kind and zone that it had. */
export function withFault(faults: Faults, server: DnsServer, fault: DnsFault): Faults {
  const others = (faults[server] ?? []).filter((one) => one.kind !== fault.kind || zoneOf(one) !== zoneOf(fault));
  return { ...faults, [server]: [...others, fault] };
}

/** The faults without those of a server. */
export function withoutFaults(faults: Faults, server: DnsServer): Faults {
  return Object.fromEntries(Object.entries(faults).filter(([name]) => name !== server));
}

/** The zones of a name server that it answers for as it should, those that it lost, and those that it knows nothing of. */
export function zonesByState(
  zones: readonly string[],
  faults: readonly DnsFault[] = [],
): { sound: string[]; failing: string[]; refused: string[] } {
  const hit = (kind: DnsFault['kind'], zone: string): boolean =>
    faults.some((fault) => fault.kind === kind && (zoneOf(fault) ?? zone) === zone);
  const refused = zones.filter((zone) => hit('refusing', zone));
  const failing = zones.filter((zone) => !refused.includes(zone) && hit('failing', zone));
  return { refused, failing, sound: zones.filter((zone) => !refused.includes(zone) && !failing.includes(zone)) };
}

/** Where a server listens besides port 53, for the process that holds its answers back, and where that process listens. */
export const BACK_PORT = 5300;
const SLOW_PORT = 5301;

const addressOf = (server: DnsServer, { nameServers, resolvers }: WorldAddresses): string =>
  ({ ...nameServers, ...resolvers })[server];

/** Shell that puts a server into the state that its faults say, and the packet rules of all servers into force. */
export function faultScript(server: DnsServer, faults: Faults, addresses: WorldAddresses): string {
  const own = faults[server] ?? [];
  const slow = own.find((fault) => fault.kind === 'slow');
  const stopped = own.some(({ kind }) => kind === 'stopped');
  // A name server forgets a zone that it shall not know only with a new start; a resolver would forget what it remembers.
  const [unit, begin] = isNameServer(server)
    ? [`world-ns@${server}`, 'restart']
    : [`world-resolver@${server}`, 'start'];
  const held = slow && `${addressOf(server, addresses)} ${BACK_PORT} ${SLOW_PORT} ${slow.milliseconds}`;
  return `set -e
systemctl ${stopped ? 'stop' : begin} ${unit}
systemctl stop world-slow@${server}
${held === undefined ? '' : `echo 'SLOW=${held}' >/etc/world/slow-${server}.env\nsystemctl start world-slow@${server}\n`}nft -f - <<'RULES'
${packetRules(faults, addresses)}RULES
`;
}

/** An nft script that replaces the table of the faults. Servers of one host ask each other over loopback, which only `output` sees. */
function packetRules(faults: Faults, addresses: WorldAddresses): string {
  const has = (server: DnsServer, kind: DnsFault['kind']): boolean =>
    faults[server]?.some((fault) => fault.kind === kind) ?? false;
  const rulesFor = (servers: readonly DnsServer[], verdict: (address: string) => string): string[] =>
    servers.flatMap((server) => {
      const address = addressOf(server, addresses);
      return ['udp', 'tcp'].map((protocol) => `    ip daddr ${address} ${protocol} dport 53 ${verdict(address)}`);
    });
  const isSilent = (server: DnsServer): boolean => has(server, 'silent');
  const silent = rulesFor(DNS_SERVERS.filter(isSilent), () => 'drop');
  // Led to another port, a question would not be one for port 53 any more when it comes to be dropped.
  const isSlow = (server: DnsServer): boolean => has(server, 'slow') && !isSilent(server);
  const slow = rulesFor(DNS_SERVERS.filter(isSlow), (address) => `dnat to ${address}:${SLOW_PORT}`);
  const chain = (name: string, hook: string, rules: readonly string[]): string =>
    [`  chain ${name} {`, `    type ${hook};`, ...rules, '  }', ''].join('\n');
  return `table ip world_faults
delete table ip world_faults
table ip world_faults {
${chain('silent', 'filter hook input priority 0', silent)}${chain('slow', 'nat hook prerouting priority -100', slow)}${chain('slow_here', 'nat hook output priority -100', slow)}}
`;
}

/** What is wrong with a server, in words. */
export function showFault(fault: DnsFault): string {
  switch (fault.kind) {
    case 'stopped':
      return 'is stopped';
    case 'silent':
      return 'gives no answer';
    case 'slow':
      return `answers ${fault.milliseconds} ms late`;
    case 'refusing':
      return `answers REFUSED for ${fault.zone ?? 'every zone'}`;
    case 'failing':
      return `answers SERVFAIL for ${fault.zone ?? 'every zone'}`;
  }
}
