import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEFAULT_STORE,
  boot,
  describeLacking,
  hostPlace,
  installRequirements,
  labDown,
  labExec,
  labPlace,
  labStatus,
  labUp,
  lacking,
  powerCut,
  type LabUpOptions,
  type LabUpResult,
} from '../../src/lib/lab/lab.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import { HOST_NAMES } from '../../src/lib/settings/settings.js';
import { labPackages } from '../../src/lib/roles/lab-packages.js';

const NAME = 't-lab';
const lab = labPlace(NAME);
const quiet = (): void => undefined;

const { obstacles } = await lacking();
const reason = describeLacking({ obstacles, packages: [] });
if (reason !== undefined && process.env['EE_REQUIRE_LAB'] === '1') throw new Error(`No lab here: ${reason}`);

async function up(options: Partial<LabUpOptions> = {}): Promise<LabUpResult> {
  return labUp({ name: NAME, packages: labPackages(), ...options }, quiet);
}

/** Whatever of a lab can be found on this machine, by looking at the machine. */
async function traces(): Promise<string[]> {
  const machines = HOST_NAMES.map((host) => hostPlace(lab, host).machine);
  const lines = async (command: string, ...args: string[]): Promise<string[]> =>
    (await execa(command, args)).stdout.split('\n');
  const found = [
    ...(await lines('cat', '/proc/self/mounts')).filter((line) => line.includes(lab.folder)),
    ...(await lines('ip', '-o', 'link')).filter((line) => line.includes('t-lab')),
    ...(await lines('ps', '-eo', 'args')).filter((line) => line.includes(`${lab.folder}/`)),
    ...(await lines('nft', 'list', 'tables')).filter((line) => line.includes('t_lab')),
    ...machines.filter((machine) => existsSync(`/sys/fs/cgroup/unified/ee-lab/${machine}`)),
    ...machines.filter((machine) => existsSync(`/sys/fs/cgroup/ee-lab/${machine}`)),
    ...machines.filter((machine) => existsSync(`/run/systemd/nspawn/propagate/${machine}`)),
  ];
  return existsSync(lab.folder) ? [...found, lab.folder] : found;
}

describe.skipIf(reason !== undefined)(`the lab${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let forwardingBefore: string;

  beforeAll(async () => {
    await installRequirements(quiet);
    await labDown({ name: NAME }, quiet);
    forwardingBefore = await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8');
  });
  afterAll(() => labDown({ name: NAME }, quiet));

  it('brings up three Debian hosts that are reached over SSH', async () => {
    const { hosts } = await up();
    expect(hosts.map(({ host, started }) => [host, started])).toEqual([
      ['vps1', true],
      ['vps2', true],
      ['vps3', true],
    ]);
    const about = '. /etc/os-release; echo "$(hostname) $VERSION_CODENAME $(id -un) $(systemctl is-system-running)"';
    const answers = await Promise.all(HOST_NAMES.map((host) => labExec(lab, host, [about])));
    expect(answers.map(({ stdout }) => stdout.trim())).toEqual([
      'vps1 bookworm root running',
      'vps2 bookworm root running',
      'vps3 trixie root running',
    ]);
  });

  it('gives each host a host key and a machine-id of its own, and a private folder with the settings', async () => {
    const answers = await Promise.all(
      HOST_NAMES.map((host) => labExec(lab, host, ['cat /etc/machine-id; cut -d" " -f2 /etc/ssh/ssh_host_*_key.pub'])),
    );
    expect(new Set(answers.flatMap(({ stdout }) => stdout.trim().split('\n'))).size).toBe(6);
    expect((await stat(lab.folder)).mode & 0o777).toBe(0o700);
    expect((await stat(lab.settingsFile)).mode & 0o777).toBe(0o600);
    const settings = await loadSettings(lab.settingsFile);
    expect(settings.sending.identities).toHaveLength(5);
    expect(existsSync(settings.pmta.package ?? '')).toBe(true);
    expect(await readdir(settings.backup.dir)).toContain('pmta-config-20260216');
  });

  it('does nothing and says so when it is up already', async () => {
    const settings = await readFile(lab.settingsFile, 'utf8');
    const { hosts } = await up();
    expect(hosts.filter(({ started }) => started)).toEqual([]);
    expect(await readFile(lab.settingsFile, 'utf8')).toBe(settings);
  });

  it('passes on standard input, arguments and status of a command', async () => {
    expect(
      await labExec(lab, 'vps2', ['sh', '-c', 'cat; echo "$0" >&2; exit 7', "it's  $HOME"], { input: 'héllo\n' }),
    ).toEqual({
      code: 7,
      stdout: 'héllo\n',
      stderr: "it's  $HOME\n",
    });
  });

  it('lets hosts reach each other and Debian’s archive, and keeps their services apart', async () => {
    const vps3 = (await labStatus({ name: NAME }))[0]?.hosts[2]?.address ?? '';
    const greeting = await labExec(lab, 'vps1', [
      `exec 3<>/dev/tcp/${vps3}/22; head -c 4 <&3`.replace(/^/, "bash -c '").concat("'"),
    ]);
    expect(greeting.stdout).toBe('SSH-');
    const update = await labExec(lab, 'vps1', ['apt-get -q update && apt-get -q -s install nginx']);
    expect(update.code).toBe(0);
    // A service ends within its time only if its cgroup holds no process of another host.
    const restart = await labExec(lab, 'vps1', [
      'timeout 20 systemctl restart systemd-logind && systemctl is-active systemd-logind',
    ]);
    expect(restart).toMatchObject({ code: 0, stdout: 'active\n' });
  });

  it('refuses to take hosts for what they were not made of', async () => {
    await expect(up({ from: 'packages' })).rejects.toMatchObject({ code: 'LAB_MADE_OTHERWISE', exit: 2 });
  });

  it('loses power at once, and boots again with the files as they were', async () => {
    await labExec(lab, 'vps2', ['echo kept > /root/note']);
    await powerCut(lab, 'vps2');
    expect((await labStatus({ name: NAME }))[0]?.hosts.map(({ status }) => status)).toEqual([
      'running',
      'stopped',
      'running',
    ]);
    expect((await labExec(lab, 'vps2', ['true'])).code).toBe(255);
    expect(await boot(lab, 'vps2', quiet)).toBe(true);
    expect((await labExec(lab, 'vps2', ['cat /root/note'])).stdout).toBe('kept\n');
  });

  it('starts anew with --reset: the files of the hosts are gone, the secrets of the settings stay', async () => {
    await writeFile(lab.settingsFile, `${await readFile(lab.settingsFile, 'utf8')}# a line of the operator\n`);
    const settings = await readFile(lab.settingsFile, 'utf8');
    await up({ hosts: ['vps2'], reset: true });
    expect((await labExec(lab, 'vps2', ['test -e /root/note'])).code).toBe(1);
    expect((await labExec(lab, 'vps1', ['true'])).code).toBe(0);
    expect(await readFile(lab.settingsFile, 'utf8')).toBe(settings);
  });

  it('finishes what a killed run began', async () => {
    await labDown({ name: NAME }, quiet);
    await killedUp(() => existsSync(hostPlace(lab, 'vps1').console));
    const { hosts } = await up();
    expect(hosts).toHaveLength(3);
    expect((await labExec(lab, 'vps3', ['hostname'])).stdout).toBe('vps3\n');
  });

  it('leaves nothing behind: no mount, interface, process, rule, cgroup or file', async () => {
    expect(await traces()).not.toEqual([]);
    expect(await labDown({ name: NAME }, quiet)).toEqual({ name: NAME, removed: true });
    expect(await traces()).toEqual([]);
    if ((await labStatus({})).length === 0) {
      expect(await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8')).toBe(forwardingBefore);
    }
    expect(existsSync(join(DEFAULT_STORE.cache, 'layers'))).toBe(true);
  });

  it('clears away what a killed run left half done', async () => {
    await killedUp(() => existsSync(`/sys/class/net/${lab.bridge}`));
    expect((await labDown({ name: NAME }, quiet)).removed).toBe(true);
    expect(await traces()).toEqual([]);
  });

  it('takes a lab that is not there as removed', async () => {
    expect(await labDown({ name: NAME }, quiet)).toEqual({ name: NAME, removed: false });
  });

  it('starts hosts with the packages of their roles in place', async () => {
    await up({ from: 'packages', hosts: ['vps2'] });
    const { stdout } = await labExec(lab, 'vps2', [
      "dpkg-query -W -f '${db:Status-Abbrev}' nftables; ls /usr/sbin/policy-rc.d",
    ]);
    expect(stdout).toBe('ii ');
    await labDown({ name: NAME }, quiet);
  });

  /** Starts `up` in a process of its own and kills that as soon as `when` holds. */
  async function killedUp(when: () => boolean): Promise<void> {
    const script = `import { labUp } from ${JSON.stringify(join(process.cwd(), 'src/lib/lab/lab.ts'))};
await labUp({ name: '${NAME}', packages: { vps1: [], vps2: [], vps3: [] } }, () => undefined);`;
    const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    while (!when() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
