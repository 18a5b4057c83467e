import { describe, expect, it } from 'vitest';
import { parseFacts } from '../../../src/lib/converge/host-facts.js';
import { differenceOf, factsOf, inputsFor, newFile, settingsWith } from '../../support/role-inputs.js';
import { wantedStages } from '../../../src/lib/deploy/wanted.js';
import type { HostName } from '../../../src/lib/settings/settings.js';

const RULES = '/etc/nftables.conf';
const accepted = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes('dport'));

describe('the firewall', () => {
  it.each([
    [
      'vps1',
      [
        'tcp dport 22 jump ssh',
        'tcp dport 80 accept',
        'tcp dport 443 accept',
        'ip saddr { 203.0.113.10 } tcp dport 9100 accept',
      ],
    ],
    [
      'vps2',
      [
        'tcp dport 22 jump ssh',
        'tcp dport 25 accept',
        'ip saddr { 192.0.2.10, 203.0.113.10 } tcp dport 2525 accept',
        'ip saddr { 203.0.113.10 } tcp dport 9100 accept',
      ],
    ],
    [
      'vps3',
      [
        'tcp dport 22 jump ssh',
        'tcp dport 80 accept',
        'tcp dport 443 accept',
        'ip saddr { 203.0.113.10 } tcp dport 9100 accept',
      ],
    ],
  ] as const)('[R78] [R80] of %s lets in what is named: 25 on VPS2 alone, and 2525 from the feeders', (host, lines) => {
    expect(accepted(newFile(host, RULES))).toEqual(lines);
  });

  it('[R77] opens the ports that sshd really has, and the one that this connection came in by', () => {
    const seen = parseFacts('sshPort=2222\nsshPort=22022\nsshPort=2222\nclientAddress=203.0.113.7\n');
    expect(seen.sshPorts).toEqual([2222, 22022]);
    const text = newFile('vps1', RULES, { facts: factsOf('vps1', { sshPorts: seen.sshPorts }) });
    expect(accepted(text).slice(0, 2)).toEqual(['tcp dport 2222 jump ssh', 'tcp dport 22022 jump ssh']);
    expect(accepted(text)).not.toContain('tcp dport 22 jump ssh');
  });

  it('[R79] drops by default, covers IPv6 with the same table, and leaves no rule of an earlier address', () => {
    const settings = settingsWith({ VPS3_IP: '2001:db8::3' });
    const text = newFile('vps2', RULES, { settings });
    expect(text).toContain('table inet ee\ndelete table inet ee\ntable inet ee {');
    expect(text).toContain('type filter hook input priority filter; policy drop;');
    expect(accepted(text)).toContain('ip saddr { 192.0.2.10 } tcp dport 2525 accept');
    expect(accepted(text)).toContain('ip6 saddr { 2001:db8::3 } tcp dport 2525 accept');
  });

  it('[R79] lets the administrators in before it drops, in both families', () => {
    const settings = settingsWith({ ADMIN_IPS: '203.0.113.0/24, 2001:db8::/48' });
    const chain = newFile('vps1', RULES, { settings }).split('chain ssh {')[1]?.split('}\n    chain')[0] ?? '';
    const lines = chain.split('\n').map((line) => line.trim());
    const [four, six, drop] = ['ip saddr { 203.0.113.0/24 } accept', 'ip6 saddr { 2001:db8::/48 } accept', 'drop'].map(
      (line) => lines.indexOf(line),
    );
    expect([four, six, drop].every((at) => at !== undefined && at > 0)).toBe(true);
    expect(drop).toBeGreaterThan(Math.max(four ?? 0, six ?? 0));
  });

  it('[R77] is refused before anything is done when it would shut this machine out', () => {
    const settings = settingsWith({ ADMIN_IPS: '198.51.100.0/24' });
    expect(() => wantedStages('vps1', settings, factsOf('vps1'), inputsFor(settings))).toThrow(
      'ADMIN_IPS (198.51.100.0/24) does not contain 203.0.113.7, the address from which vps1 sees this machine',
    );
  });

  it.each(['vps1', 'vps2', 'vps3'] as const)('[R77] of %s can be taken back by the host itself', (host: HostName) => {
    const { revert = '' } = differenceOf(host, `file:${RULES}`);
    expect(revert).toContain('nft delete table inet ee');
  });
});
