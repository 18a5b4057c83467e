import { describe, expect, it } from 'vitest';
import { addressIn, defaultInterface, freeSubnet, labSubnet } from '../../../src/lib/lab/network.js';

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

describe('defaultInterface', () => {
  it('reads the interface of the default route', () => {
    expect(defaultInterface('default via 192.0.2.1 dev ens3 proto dhcp metric 100\n')).toBe('ens3');
  });

  it('finds none on a machine without a default route', () => {
    expect(defaultInterface('192.0.2.0/24 dev eth0 scope link\n')).toBeUndefined();
  });
});
