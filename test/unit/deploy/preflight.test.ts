import { describe, expect, it } from 'vitest';
import { assertSendingAddresses, assertSuitable } from '../../../src/lib/deploy/preflight.js';
import { factsOf, settingsWith } from '../../support/role-inputs.js';

const os = (id: string, version: string, name: string) => ({ id, version, codename: '', name });

describe('what a host must be before anything is changed', () => {
  it.each(['vps1', 'vps2', 'vps3'] as const)('accepts %s as a provider hands it out', (host) => {
    expect(() => assertSuitable(host, factsOf(host))).not.toThrow();
  });

  it('[R58] names a system whose packages it does not know, and those that would do', () => {
    const facts = factsOf('vps2', { os: os('rocky', '9.4', 'Rocky Linux 9.4'), hasApt: false });
    expect(() => assertSuitable('vps2', facts)).toThrow(
      'vps2 runs Rocky Linux 9.4; it must be one of debian 12, debian 13, ubuntu 22.04, ubuntu 24.04. Nothing was changed on it.',
    );
  });

  it('refuses a sending address that VPS2 depends on, or that another host has', () => {
    const facts = factsOf('vps2', { neighbours: ['198.51.100.1', '9.9.9.9'], clientAddress: '203.0.113.7' });
    const sending = (ip: string) => () => assertSendingAddresses(settingsWith({ SENDING_IPS: ip }), facts);
    expect(sending('198.51.100.21-198.51.100.22')).not.toThrow();
    expect(sending('198.51.100.0/29')).toThrow(
      "The sending IP 198.51.100.1 is the gateway or a name server of VPS2: on VPS2's interface it would cut the host off.",
    );
    expect(sending('203.0.113.7')).toThrow('is the address from which you are connected');
  });

  it.each([
    ['vps1', { os: os('debian', '13', 'Debian GNU/Linux 13') }, 'SYSTEM_UNSUITABLE'],
    ['vps2', { architecture: 'aarch64' }, 'SYSTEM_UNSUITABLE'],
    ['vps3', { freeMegabytes: 120 }, 'DISK_FULL'],
    ['vps3', { interface: '' }, 'SYSTEM_UNSUITABLE'],
  ] as const)('[R16] refuses %s with %j (%s)', (host, changes, code) => {
    expect(() => assertSuitable(host, factsOf(host, changes))).toThrow(expect.objectContaining({ code }));
  });
});
