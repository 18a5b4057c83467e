import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach } from 'vitest';
import {
  DEFAULT_STORE,
  labDown,
  labExec,
  labPlace,
  labUp,
  type LabHostName,
  type Origin,
} from '../../src/lib/lab/lab.js';
import { packageRoot } from '../../src/lib/package-root.js';
import type { HostName } from '../../src/lib/settings/settings.js';
import { labPackages } from '../../src/lib/roles/lab-packages.js';

/** What a command gave, as a script sees it. */
export interface EeResult {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The document of --json. */
  readonly json: <T>() => T;
}

/** Runs `ee` as a user does: the built program, in a process of its own, without a terminal. */
export const ee = (...args: readonly string[]): Promise<EeResult> => eeIn({}, ...args);

/** Shorter than a test may take: a run that hangs is named, with what it said, and holds no lock against the tests after it. */
const LONGEST_RUN_MS = 840_000;

async function eeIn(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<EeResult> {
  const result = await execa(process.execPath, ['--', join(packageRoot(), 'bin', 'run.js'), ...args], {
    env,
    reject: false,
    stdin: 'ignore',
    maxBuffer: 64 * 1024 * 1024,
    timeout: LONGEST_RUN_MS,
  });
  const { stdout, stderr, exitCode, timedOut } = result;
  if (timedOut)
    throw new Error(`ee ${args.join(' ')} did not end in ${LONGEST_RUN_MS / 1000} s.\n${stdout}\n${stderr}`);
  return { exit: exitCode, stdout, stderr, json: <T>() => JSON.parse(stdout) as T };
}

/** A lab of a test's own. */
export class TestLab {
  readonly settingsFile: string;

  #failed = false;

  constructor(readonly name: string) {
    this.settingsFile = join(this.folder, '.env.production');
    afterEach(({ task }) => {
      this.#failed ||= task.result?.state === 'fail';
    });
  }

  get folder(): string {
    return labPlace(this.name, DEFAULT_STORE).folder;
  }

  /** Brings it up anew. The host `world`, where mail arrives and names are asked, only when it is wanted. */
  async up(
    from: Origin,
    options: { hosts?: readonly HostName[]; world?: boolean; sendingIps?: number } = {},
  ): Promise<void> {
    await labDown({ name: this.name }, () => undefined);
    const packages = labPackages();
    await labUp({ name: this.name, from, packages, ...options }, () => undefined);
  }

  /** Takes it down, unless EE_KEEP_LAB=1 and a test of the file failed: then it says how to look into it. */
  async down(): Promise<void> {
    if (this.#failed && process.env['EE_KEEP_LAB'] === '1') return this.#keep();
    await labDown({ name: this.name }, () => undefined);
  }

  #keep(): void {
    const { name } = this;
    console.log(
      `The lab ${name} is kept. A shell in a host: \`node -- bin/run.js lab exec vps2 --name ${name} -- bash\`; ` +
        `its settings: --env-file ${this.settingsFile}; away with it: \`node -- bin/run.js lab down --name ${name}\``,
    );
  }

  /** `ee` with this lab's settings. */
  ee(...args: readonly string[]): Promise<EeResult> {
    return ee(...args, '--env-file', this.settingsFile);
  }

  /** The same, with variables in its environment. */
  eeIn(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<EeResult> {
    return eeIn(env, ...args, '--env-file', this.settingsFile);
  }

  /** Runs shell on a host, as root; gives its output, and throws when it fails. */
  async sh(host: LabHostName, script: string): Promise<string> {
    const { exit, stdout, stderr } = await this.try(host, script);
    if (exit !== 0) throw new Error(`${host}: exit ${exit}: ${script}\n${stdout}\n${stderr}`);
    return stdout.trim();
  }

  async try(host: LabHostName, script: string): Promise<{ exit: number; stdout: string; stderr: string }> {
    const { exitCode, stdout, stderr } = await execa(
      'ssh',
      [
        ...['-i', join(this.folder, 'id_ed25519'), '-o', `UserKnownHostsFile=${join(this.folder, 'known_hosts')}`],
        ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20', '-o', 'LogLevel=ERROR'],
        `root@${this.addressOf(host)}`,
        'sh -s',
      ],
      { input: script, reject: false },
    );
    return { exit: exitCode ?? -1, stdout, stderr };
  }

  private addressOf(host: LabHostName): string {
    return host === 'world' ? this.setting('VPS1_IP').replace(/\d+$/, '2') : this.setting(`${host.toUpperCase()}_IP`);
  }

  /** Waits until shell succeeds on a host; throws with what it printed last when it does not within a minute. */
  async until(host: LabHostName, condition: string, seconds = 60): Promise<void> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const { exit, stdout, stderr } = await this.try(host, condition);
      if (exit === 0) return;
      if (Date.now() > end) throw new Error(`${host}: not within ${seconds} s: ${condition}\n${stdout}${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** A setting of the lab, as its file has it. */
  setting(name: string): string {
    const line = readFileSync(this.settingsFile, 'utf8')
      .split('\n')
      .find((candidate) => candidate.startsWith(`${name}=`));
    if (line === undefined) throw new Error(`the lab's settings have no ${name}`);
    return line.slice(name.length + 1);
  }

  /** Runs `use` with one line of the settings changed. */
  async withSetting<T>(name: string, value: string, use: () => Promise<T>): Promise<T> {
    const before = readFileSync(this.settingsFile, 'utf8');
    const lines = before.split('\n').filter((line) => !line.startsWith(`${name}=`));
    writeFileSync(this.settingsFile, [...lines, `${name}=${value}`, ''].join('\n'));
    try {
      return await use();
    } finally {
      writeFileSync(this.settingsFile, before);
    }
  }

  /** The address of the n-th sending IP, counted from 1. */
  sendingIp(index: number): string {
    const [first = ''] = this.setting('SENDING_IPS').split('-');
    const octets = first.split('.').map(Number);
    return [...octets.slice(0, 3), (octets[3] ?? 0) + index - 1].join('.');
  }
}

export { labExec };
