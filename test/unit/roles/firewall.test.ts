import { describe, expect, it } from 'vitest';
import { wantedStages } from '../../../src/lib/deploy/wanted.js';
import { firewall } from '../../../src/lib/roles/firewall.js';
import type { HostName } from '../../../src/lib/settings/settings.js';
import { factsOf, inputsFor, settingsWith, writtenFiles } from '../../support/role-inputs.js';

const base = { host: 'vps1', sshPorts: [22], adminIps: [] as string[], clientAddress: '203.0.113.7', rules: [] };
const rulesOf = (wanted: Partial<Parameters<typeof firewall>[0]>): string =>
  writtenFiles([{ name: 'firewall', resources: [firewall({ ...base, ...wanted })] }]).get('/etc/nftables.conf') ?? '';

/** The lines that let something in, of the chain for all and of the one for SSH. */
const accepts = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(tcp dport|ip6? saddr|accept$)/.test(line));

describe('the firewall', () => {
  it('drops what is not named, and answers to what makes the network work', () => {
    const text = rulesOf({});
    expect(text).toContain('type filter hook input priority filter; policy drop;');
    expect(text).toContain('type filter hook forward priority filter; policy drop;');
    expect(text).toContain('packet-too-big');
    expect(text).toContain('nd-neighbor-solicit');
  });

  it('replaces its own table only', () => {
    const text = rulesOf({});
    expect(text).not.toContain('flush ruleset');
    expect(text).toContain('table inet ee\ndelete table inet ee\ntable inet ee {\n');
  });

  it('[R79] lets a source in by its family', () => {
    const from = ['192.0.2.1', '192.0.2.2', '2001:db8::1'];
    expect(accepts(rulesOf({ rules: [{ port: 9100, from, why: 'metrics' }] }))).toEqual([
      'tcp dport 22 jump ssh',
      'ip saddr { 192.0.2.1, 192.0.2.2 } tcp dport 9100 accept',
      'ip6 saddr { 2001:db8::1 } tcp dport 9100 accept',
      'accept',
    ]);
  });

  it('never opens a port to all because its sources are of one family', () => {
    expect(accepts(rulesOf({ rules: [{ port: 9100, from: ['2001:db8::1'], why: 'metrics' }] }))).toEqual([
      'tcp dport 22 jump ssh',
      'ip6 saddr { 2001:db8::1 } tcp dport 9100 accept',
      'accept',
    ]);
  });

  it('[R77] opens every port of sshd', () => {
    expect(accepts(rulesOf({ sshPorts: [2222, 22] })).slice(0, 2)).toEqual([
      'tcp dport 2222 jump ssh',
      'tcp dport 22 jump ssh',
    ]);
  });

  it('lets only the administrators reach SSH where there are any', () => {
    expect(accepts(rulesOf({ adminIps: ['203.0.113.0/24', '2001:db8::/48'] }))).toEqual([
      'tcp dport 22 jump ssh',
      'ip saddr { 203.0.113.0/24 } accept',
      'ip6 saddr { 2001:db8::/48 } accept',
    ]);
  });

  it.each([
    ['203.0.113.7', ['203.0.113.7']],
    ['203.0.113.7', ['198.51.100.1', '203.0.113.0/29']],
    ['::ffff:203.0.113.7', ['203.0.113.7']],
    ['2001:db8::7', ['2001:db8::/64']],
  ])('takes an operator at %s for one of %j', (clientAddress, adminIps) => {
    expect(() => rulesOf({ adminIps, clientAddress })).not.toThrow();
  });

  it.each([
    ['203.0.113.7', ['203.0.113.8']],
    ['203.0.113.7', ['203.0.113.8/29', '2001:db8::/32']],
    ['2001:db8::7', ['0.0.0.0/0']],
  ])('[R77] refuses before any change to lock out an operator at %s with %j', (clientAddress, adminIps) => {
    expect(() => rulesOf({ adminIps, clientAddress })).toThrow(
      expect.objectContaining({ code: 'ADMIN_NOT_ALLOWED', exit: 2 }) as Error,
    );
  });

  it('asks for addresses where the settings have names', () => {
    expect(() => rulesOf({ rules: [{ port: 1, from: ['vps3.example.com'], why: 'x' }] })).toThrow(
      'The firewall of vps1 needs an IP address where the settings say vps3.example.com.',
    );
  });
});

describe('the ports of the three hosts', () => {
  const settings = settingsWith();
  const opened = (host: HostName): string[] =>
    accepts(
      writtenFiles(wantedStages(host, settings, factsOf(host), inputsFor(settings))).get('/etc/nftables.conf') ?? '',
    );

  it('are 80, 443, SSH and metrics on VPS1', () => {
    expect(opened('vps1')).toEqual([
      'tcp dport 22 jump ssh',
      'tcp dport 80 accept',
      'tcp dport 443 accept',
      'ip saddr { 203.0.113.10 } tcp dport 9100 accept',
      'accept',
    ]);
  });

  it('[R72] [R78] [R80] are 25 for bounces, and submission from VPS1 and VPS3 alone on VPS2', () => {
    expect(opened('vps2')).toEqual([
      'tcp dport 22 jump ssh',
      'tcp dport 25 accept',
      'ip saddr { 192.0.2.10, 203.0.113.10 } tcp dport 2525 accept',
      'ip saddr { 203.0.113.10 } tcp dport 9100 accept',
      'accept',
    ]);
  });

  it('[R96] are 80, 443 and SSH on VPS3: neither the API, nor the databases, nor Prometheus', () => {
    expect(opened('vps3')).toEqual([
      'tcp dport 22 jump ssh',
      'tcp dport 80 accept',
      'tcp dport 443 accept',
      'ip saddr { 203.0.113.10 } tcp dport 9100 accept',
      'accept',
    ]);
  });
});
