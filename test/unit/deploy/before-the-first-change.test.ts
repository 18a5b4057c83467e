import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Connect } from '../../../src/lib/deploy/connections.js';
import { deploy, type DeployOptions, type HostOutcome } from '../../../src/lib/deploy/deploy.js';
import { EeError } from '../../../src/lib/errors.js';
import { HOST_NAMES, type HostName } from '../../../src/lib/settings/settings.js';
import type { Host, RunResult } from '../../../src/lib/ssh/host.js';
import { inputsFor, settingsWith } from '../../support/role-inputs.js';

const FACTS: Record<HostName, Record<string, string>> = {
  vps1: { 'os.id': 'debian', 'os.version': '12', 'os.name': 'Debian GNU/Linux 12' },
  vps2: { 'os.id': 'debian', 'os.version': '12', 'os.name': 'Debian GNU/Linux 12' },
  vps3: { 'os.id': 'debian', 'os.version': '13', 'os.name': 'Debian GNU/Linux 13' },
};
const COMMON = {
  architecture: 'x86_64',
  interface: 'eth0',
  sshPort: '22',
  clientAddress: '203.0.113.7',
  freeMegabytes: '40000',
  hasApt: 'yes',
};

const result = (stdout: string, code = 0): RunResult => ({
  code,
  stdout: Buffer.from(stdout),
  stderr: Buffer.alloc(0),
});

/** Three hosts on which nothing is yet. They answer questions, and note every step that is taken on them. */
class Hosts {
  readonly connected: HostName[] = [];
  readonly steps: string[] = [];
  readonly closed: string[] = [];

  constructor(
    readonly changed: Partial<Record<HostName, Record<string, string>>> = {},
    readonly held: HostName[] = [],
  ) {}

  readonly connect: Connect = async ({ name, address }) => {
    this.connected.push(name);
    return this.#host(name, address);
  };

  #host(name: HostName, address: string): Host {
    const facts = { ...COMMON, ...FACTS[name], ...this.changed[name] };
    return {
      name,
      address,
      run: async (script, { step = 'a step without a name' } = {}) => {
        this.steps.push(`${name}: ${step}`);
        if (step === 'asking for its facts')
          return result(
            Object.entries(facts)
              .map(([fact, value]) => `${fact}=${value}\n`)
              .join(''),
          );
        return result(bareAnswers(script));
      },
      pipe: async (_command, input, { onLine } = {}) => {
        if (this.held.includes(name)) return result('', 75);
        onLine?.('locked');
        return new Promise((resolve) => {
          if (input instanceof PassThrough) input.once('finish', () => resolve(result('')));
        });
      },
      upload: async () => {
        throw new Error('nothing may be uploaded here');
      },
      reconnect: async () => {
        throw new Error('nothing may reconnect here');
      },
      close: async () => {
        this.closed.push(name);
      },
    };
  }
}

/** What the probes print on a bare host, in the form in which they are answered. */
function bareAnswers(script: string): string {
  return [...script.matchAll(/'(ee-probe-[0-9a-f]+)' (\d+)\n/g)]
    .map(([, mark, index]) => `${mark} ${index}\n${Buffer.from('absent\n\n0').toString('base64')}\n`)
    .join('');
}

const settings = settingsWith();

async function attempt(hosts: Hosts, options: Partial<DeployOptions> = {}): Promise<HostOutcome[]> {
  return deploy(settings, inputsFor(settings), {
    hosts: HOST_NAMES,
    dryRun: false,
    run: { id: '20260216T031500Z-k3f9', by: 'alice@laptop' },
    connect: hosts.connect,
    emit: () => undefined,
    signal: new AbortController().signal,
    confirm: async () => {
      throw new EeError('DECLINED', { question: 'Make these changes?' });
    },
    ...options,
  });
}

const LOOKING = /: (asking for its facts|looking at what is there)$/;
const changing = ({ steps }: Hosts): string[] => steps.filter((step) => !LOOKING.test(step));

describe('before the first change on any host', () => {
  it.each([
    ['vps1', { 'os.id': 'debian', 'os.version': '11', 'os.name': 'Debian GNU/Linux 11' }, 'SYSTEM_UNSUITABLE'],
    ['vps2', { architecture: 'aarch64' }, 'SYSTEM_UNSUITABLE'],
    ['vps3', { freeMegabytes: '120' }, 'DISK_FULL'],
    ['vps3', { interface: '' }, 'SYSTEM_UNSUITABLE'],
  ] as const)('[R16] %s is refused with %j (%s)', async (host, facts, code) => {
    const hosts = new Hosts({ [host]: facts });
    await expect(attempt(hosts)).rejects.toMatchObject({ code, facts: { host } });
    expect(hosts.steps).toContain(`${host}: asking for its facts`);
    expect(changing(hosts)).toEqual([]);
    expect(hosts.closed.sort()).toEqual(['vps1', 'vps2', 'vps3']);
  });

  it('[R16] a host that cannot be reached stops all of them', async () => {
    const hosts = new Hosts();
    const connect: Connect = async (access) => {
      if (access.name !== 'vps3') return hosts.connect(access);
      throw new EeError('SSH_SUDO', { host: 'vps3', user: 'admin', reason: 'a password is asked for' });
    };
    await expect(attempt(hosts, { connect })).rejects.toMatchObject({ code: 'SSH_SUDO', exit: 4 });
    expect(hosts.steps).toEqual([]);
    expect(hosts.closed.sort()).toEqual(['vps1', 'vps2']);
  });

  it('[R58] a system without apt is named, with those that would do', async () => {
    const rocky = { 'os.id': 'rocky', 'os.version': '9.4', 'os.name': 'Rocky Linux 9.4', hasApt: '' };
    await expect(attempt(new Hosts({ vps2: rocky }))).rejects.toThrow(
      'vps2 runs Rocky Linux 9.4; it must be one of debian 12, debian 13, ubuntu 22.04, ubuntu 24.04. Nothing was changed on it.',
    );
  });

  it('[R24] a host on which another run works stops all of them', async () => {
    const hosts = new Hosts({}, ['vps2']);
    await expect(attempt(hosts)).rejects.toMatchObject({ code: 'LOCKED', exit: 5 });
    expect(hosts.steps).toEqual(['vps2: a step without a name']);
  });

  it('[R25] the operator who declines has changed nothing', async () => {
    const hosts = new Hosts();
    let asked: readonly HostOutcome[] = [];
    const confirm: DeployOptions['confirm'] = async (planned) => {
      asked = planned;
      throw new EeError('DECLINED', { question: 'Make these changes?' });
    };
    await expect(attempt(hosts, { confirm })).rejects.toMatchObject({ code: 'DECLINED' });
    expect(asked.map(({ host, status }) => `${host} ${status}`)).toEqual([
      'vps1 planned',
      'vps2 planned',
      'vps3 planned',
    ]);
    expect(changing(hosts)).toEqual([]);
  });
});

describe('which hosts', () => {
  it.each([[['vps1']], [['vps2']], [['vps3']], [['vps1', 'vps2', 'vps3']]] as const)(
    '[R22] %j alone are connected to and planned',
    async (names) => {
      const hosts = new Hosts();
      const planned = await attempt(hosts, { hosts: names, dryRun: true });
      expect(hosts.connected.sort()).toEqual(names);
      expect(planned.map(({ host, status }) => [host, status])).toEqual(names.map((name) => [name, 'planned']));
      expect(new Set(hosts.steps.map((step) => step.slice(0, 4)))).toEqual(new Set(names));
      expect(changing(hosts)).toEqual([]);
    },
  );
});
