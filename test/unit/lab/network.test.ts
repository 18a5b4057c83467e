import { describe, expect, it } from 'vitest';
import { addressIn, defaultInterface, firewall, freeSubnet, labSubnet } from '../../../src/lib/lab/network.js';

describe('labSubnet', () => {
  it('gives each host its address and counts the sending IPs from .101', () => {
    expect(labSubnet(3, 5)).toEqual({
      cidr: '10.77.3.0/24',
      gateway: '10.77.3.1',
      hosts: { vps1: '10.77.3.11', vps2: '10.77.3.12', vps3: '10.77.3.13', world: '10.77.3.2' },
      sending: { first: '10.77.3.101', last: '10.77.3.105' },
    });
  });

  it('tells any other address of its network', () => {
    expect(addressIn(labSubnet(3, 5), 21)).toBe('10.77.3.21');
  });

  it('has room for 100 sending IPs', () => {
    expect(labSubnet(0, 100).sending.last).toBe('10.77.0.200');
  });
});

describe('freeSubnet', () => {
  it('takes the lowest number that no lab reserved and no address or route of the machine uses', () => {
    const machine = `2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0
5: br-lab    inet 10.77.0.1/24 scope global br-lab
10.77.2.0/24 via 192.0.2.9 dev eth0`;
    expect(freeSubnet([1], machine)).toBe(3);
  });

  it('says so when every subnet is taken', () => {
    expect(() =>
      freeSubnet(
        Array.from({ length: 256 }, (_, index) => index),
        '',
      ),
    ).toThrow('No /24 of 10.77.0.0/16 is free');
  });
});

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

describe('defaultInterface', () => {
  it('reads the interface of the default route', () => {
    expect(defaultInterface('default via 192.0.2.1 dev ens3 proto dhcp metric 100\n')).toBe('ens3');
  });

  it('finds none on a machine without a default route', () => {
    expect(defaultInterface('192.0.2.0/24 dev eth0 scope link\n')).toBeUndefined();
  });
});
