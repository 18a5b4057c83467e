import { describe, expect, it } from 'vitest';
import { firewall } from '../../../src/lib/lab/firewall.js';
import { labSubnet } from '../../../src/lib/lab/network.js';

describe('firewall', () => {
  const lab = { nftTable: 'ee_lab_lab', bridge: 'br-lab' };
  const refusal =
    'iifname "br-lab" ip daddr != 10.77.0.0/24 tcp dport { 25, 465, 587, 2525 } counter reject with icmp type admin-prohibited;';

  it('replaces the whole table: no mail leaves the lab, all else leaves under the address of this machine', () => {
    expect(firewall(lab, labSubnet(0, 5), 'ens3')).toBe(`table ip ee_lab_lab
delete table ip ee_lab_lab
table ip ee_lab_lab {
  chain forward {
    type filter hook forward priority 0;
    ${refusal}
  }
  chain postrouting {
    type nat hook postrouting priority 100;
    ip saddr 10.77.0.0/24 oifname "ens3" masquerade;
  }
}
`);
  });

  it('keeps mail in the lab on a machine without a default route too', () => {
    const script = firewall(lab, labSubnet(0, 5), undefined);
    expect(script).toContain(refusal);
    expect(script).not.toContain('masquerade');
  });
});
