import ipaddr from 'ipaddr.js';
import { asking } from '../converge/asking.js';
import { file } from '../converge/resources/file.js';
import type { Resource } from '../converge/resource.js';
import { EeError } from '../errors.js';
import {
  FIREWALL_FILE,
  KEEP_TABLE,
  sayTable,
  TABLE_FUNCTIONS,
  TABLE_QUESTION,
  tableDifference,
} from './firewall-table.js';
import type { PortRule } from './ports.js';
import { bareWord, render } from './template.js';

interface FirewallWanted {
  readonly host: string;
  readonly sshPorts: readonly number[];
  /** Addresses and ranges that may reach SSH; none means all. */
  readonly adminIps: readonly string[];
  /** The address from which the host sees this machine. */
  readonly clientAddress: string;
  readonly rules: readonly PortRule[];
}

/**
 * Drops what is not named. The table is ours: what is not declared in it goes, with a copy; other tables stay. It can't lock the
 * operator out: the host takes it back unless a new login works.
 */
export function firewall(wanted: FirewallWanted): Resource {
  const { host, sshPorts, adminIps, clientAddress, rules: ports } = wanted;
  if (adminIps.length > 0 && !adminIps.some((range) => contains(range, clientAddress))) {
    throw new EeError('ADMIN_NOT_ALLOWED', { host, address: clientAddress, allowed: adminIps.join(', ') });
  }
  const rules = file({
    path: FIREWALL_FILE,
    content: render(
      'nftables/nftables.conf',
      {
        sshPorts,
        admins: matches(adminIps),
        rules: ports.map(({ port, from, why }) => ({
          port,
          why,
          families: matches(from?.map((address) => addressOf(address, host))).map((match) => ({ match })),
        })),
      },
      bareWord,
    ),
    mode: '0644',
    verify: `nft -c -f ${FIREWALL_FILE}`,
    activate: `nft -f ${FIREWALL_FILE}`,
    activated: `${TABLE_FUNCTIONS}\nee_as_declared`,
    guard: `nft delete table inet ee 2>/dev/null || :\n[ ! -e ${FIREWALL_FILE} ] || nft -f ${FIREWALL_FILE}`,
  });
  return asking(rules, TABLE_QUESTION, (answer, seen) => {
    const change = rules.diff(seen);
    const difference = tableDifference(answer.toString('utf8'));
    if (change === undefined || difference === undefined) return change;
    const { summary, script } = change;
    return { ...change, summary: `${summary} (${sayTable(difference)})`, script: `${KEEP_TABLE}\n${script}` };
  });
}

/** nftables would take a name, and resolve it while the host boots without a network. */
function addressOf(address: string, host: string): string {
  if (ipaddr.isValid(address)) return address;
  throw new EeError('USAGE', {
    message: `The firewall of ${host} needs an IP address where the settings say ${address}.`,
    hint: 'Set VPS1_IP, VPS2_IP and VPS3_IP to addresses.',
  });
}

/** The matches of a rule, one a family; a rule for everybody has one that matches all. */
function matches(from: readonly string[] = []): string[] {
  if (from.length === 0) return [''];
  const family = (kind: 'ipv4' | 'ipv6') =>
    from.filter((range) => ipaddr.parse(range.split('/')[0] ?? '').kind() === kind);
  return (
    [
      ['ip', family('ipv4')],
      ['ip6', family('ipv6')],
    ] as const
  ).flatMap(([keyword, ranges]) =>
    ranges.length > 0 ? [`${keyword} saddr { ${ranges.map((range) => bareWord(range)).join(', ')} } `] : [],
  );
}

function contains(range: string, address: string): boolean {
  const seen = ipaddr.process(address);
  const [base, bits] = range.includes('/') ? ipaddr.parseCIDR(range) : [ipaddr.parse(range), undefined];
  if (base.kind() !== seen.kind()) return false;
  return seen.match(base, bits ?? (base.kind() === 'ipv4' ? 32 : 128));
}
