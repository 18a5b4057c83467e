import { describe, expect, it } from 'vitest';
import { ipv4, sendingIps } from '../../../src/lib/settings/sending-ips.js';

const mistake = (value: string): string | undefined => sendingIps.safeParse(value).error?.issues[0]?.message;

describe('SENDING_IPS', () => {
  it('expands addresses, ranges and networks in the order written', () => {
    expect(sendingIps.parse('203.0.113.5, 192.0.2.254-192.0.3.1  198.51.100.8/30')).toEqual([
      '203.0.113.5',
      '192.0.2.254',
      '192.0.2.255',
      '192.0.3.0',
      '192.0.3.1',
      '198.51.100.9',
      '198.51.100.10',
    ]);
  });

  it('takes both addresses of a /31 and the one of a /32', () => {
    expect(sendingIps.parse('192.0.2.8/31,192.0.2.20/32')).toEqual(['192.0.2.8', '192.0.2.9', '192.0.2.20']);
  });

  it('tells a range that runs backwards, a network that starts in its middle, and one that is too large', () => {
    expect(mistake('192.0.2.9-192.0.2.3')).toBe(
      'has 192.0.2.9-192.0.2.3, which runs backwards — write the lower address first',
    );
    expect(mistake('192.0.2.9/29')).toBe(
      'has 192.0.2.9/29, which is not the start of a network — did you mean 192.0.2.8/29?',
    );
    expect(mistake('198.18.0.0/15')).toBe('has 198.18.0.0/15, which is 131070 addresses — name 1024 at most');
    expect(mistake('192.0.2.0/24,198.51.100.0/24,203.0.113.0/24,192.0.2.0/23,198.51.100.1')).toBe(
      'gives 1273 addresses — name 1024 at most',
    );
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '169.254.10.1',
    '224.0.0.1',
    '239.1.2.3',
    '240.0.0.1',
    '255.255.255.255',
  ])('refuses %s, from which no mail can be sent', (unfit) => {
    expect(mistake(`192.0.2.11,${unfit}`)).toBe(
      `has ${unfit}, which is no address that mail can be sent from — write public addresses of VPS2`,
    );
    expect(ipv4.safeParse(unfit).error?.issues[0]?.message).toBe(
      'is no address that mail can be sent from — write a public one',
    );
  });

  it('refuses a range that runs into such addresses', () => {
    expect(mistake('126.255.255.254-127.0.0.3')).toBe(
      'has 126.255.255.254-127.0.0.3, where 127.0.0.0 is no address that mail can be sent from — write public addresses of VPS2',
    );
    expect(sendingIps.parse('126.255.255.255 128.0.0.1 10.0.0.1')).toHaveLength(3);
  });

  it.each(['010.0.0.1', '0x0a.0.0.1', '10.1', '167772161', '010.0.0.0/30', '192.0.2.8/029', '192.0.2.8/1e1'])(
    'refuses %s, which other programs read as something else',
    (item) => expect(mistake(item)).toContain(`has ${item}, which is not an IPv4 address`),
  );

  it('refuses what is no IPv4', () => {
    expect(mistake('192.0.2.256')).toContain('has 192.0.2.256, which is not an IPv4 address');
    expect(mistake('2001:db8::/64')).toContain('which is not an IPv4 address');
  });
});
