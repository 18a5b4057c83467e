import type { LabPlace } from './names.js';
import type { LabSubnet } from './network.js';

/** Where mail is handed over: SMTP (RFC 5321), submission over TLS and plain (RFC 8314, RFC 6409), and PowerMTA's own port. */
const MAIL_PORTS = [25, 465, 587, 2525] as const;

/**
 * An nft script that puts exactly this table there, whatever it held before: the hosts reach the outside through this machine, but
 * no mail of a lab ever does, not even to another lab. It is refused at once, so that a mail server sees it and gives up.
 * nft wants a chain on lines of its own.
 */
export function firewall(
  lab: Pick<LabPlace, 'nftTable' | 'bridge'>,
  subnet: LabSubnet,
  out: string | undefined,
): string {
  const table = lab.nftTable;
  const masquerade = `  chain postrouting {
    type nat hook postrouting priority 100;
    ip saddr ${subnet.cidr} oifname "${out}" masquerade;
  }
`;
  return `table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain forward {
    type filter hook forward priority 0;
    iifname "${lab.bridge}" ip daddr != ${subnet.cidr} tcp dport { ${MAIL_PORTS.join(', ')} } counter reject with icmp type admin-prohibited;
  }
${out === undefined ? '' : masquerade}}
`;
}
