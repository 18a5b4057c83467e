import { describe, expect, it } from 'vitest';
import { assertSuitable } from '../../../src/lib/deploy/preflight.js';
import { factsOf } from '../../support/role-inputs.js';

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

  it.each([
    ['vps1', { os: os('debian', '13', 'Debian GNU/Linux 13') }, 'SYSTEM_UNSUITABLE'],
    ['vps2', { architecture: 'aarch64' }, 'SYSTEM_UNSUITABLE'],
    ['vps3', { freeMegabytes: 120 }, 'DISK_FULL'],
    ['vps3', { interface: '' }, 'SYSTEM_UNSUITABLE'],
  ] as const)('[R16] refuses %s with %j (%s)', (host, changes, code) => {
    expect(() => assertSuitable(host, factsOf(host, changes))).toThrow(expect.objectContaining({ code }));
  });
});
