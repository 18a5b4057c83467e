import { describe, expect, it } from 'vitest';
import { sendingIps } from '../../../src/lib/settings/sending-ips.js';

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

  it('refuses what is no IPv4', () => {
    expect(mistake('192.0.2.256')).toContain('has 192.0.2.256, which is not an IPv4 address');
    expect(mistake('2001:db8::/64')).toContain('which is not an IPv4 address');
  });
});
