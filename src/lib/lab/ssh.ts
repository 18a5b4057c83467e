import { writeFile, rename } from 'node:fs/promises';
import { EeError } from '../errors.js';
import { hostPublicKey } from './host-identity.js';
import { LAB_HOSTS, hostPlace, type LabHostName, type LabPlace } from './names.js';
import { labSubnet } from './network.js';
import { lastLines } from './process.js';
import { readRecord, type LabRecord } from './state.js';

/** What a command on a host gave. */
export interface LabExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LabExecOptions {
  /** Standard input of the command; none by default. */
  readonly input?: string;
  /** `attached` gives the command this process's own streams, and nothing is captured. */
  readonly streams?: 'captured' | 'attached';
}

/**
 * The arguments of `ssh` for a command on a host, as root. A single word is a script for the host's shell; several are one
 * command with its arguments, each reaching it unchanged.
 */
export function sshArguments(lab: LabPlace, address: string, command: readonly string[]): string[] {
  const options = {
    BatchMode: 'yes',
    ConnectTimeout: '10',
    GlobalKnownHostsFile: '/dev/null',
    IdentitiesOnly: 'yes',
    LogLevel: 'ERROR',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: lab.knownHosts,
  };
  return [
    // The operator's own ssh_config has no say over hosts of the lab.
    ...['-F', '/dev/null', '-i', lab.keyFile],
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    `root@${address}`,
    ...(command.length === 1 ? command : [command.map(quoted).join(' ')]),
  ];
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs a command on a host of a lab over SSH. Its status is a result; that of ssh itself is 255. */
export async function labExec(
  lab: LabPlace,
  host: LabHostName,
  command: readonly string[],
  options: LabExecOptions = {},
): Promise<LabExecResult> {
  const record = await readRecord(lab);
  if (!record?.hosts[host]) throw new EeError('LAB_NOT_RUNNING', { lab: lab.name, host });
  return ssh(lab, record, host, command, options);
}

/** Runs a script on a host and expects it to succeed. */
export async function onHost(lab: LabPlace, record: LabRecord, host: LabHostName, script: string): Promise<string> {
  const { code, stdout, stderr } = await ssh(lab, record, host, [script], {});
  if (code === 0) return stdout;
  throw new EeError('LAB_COMMAND_FAILED', {
    step: `running a command on ${host}`,
    status: `status ${code}`,
    output: lastLines(`${stdout}\n${stderr}`),
  });
}

async function ssh(
  lab: LabPlace,
  record: LabRecord,
  host: LabHostName,
  command: readonly string[],
  { input, streams = 'captured' }: LabExecOptions,
): Promise<LabExecResult> {
  const { execa } = await import('execa');
  const address = labSubnet(record.subnet, record.sendingIps).hosts[host];
  const attached = streams === 'attached';
  const result = await execa('ssh', sshArguments(lab, address, command), {
    reject: false,
    stripFinalNewline: false,
    stdout: attached ? 'inherit' : 'pipe',
    stderr: attached ? 'inherit' : 'pipe',
    ...(input === undefined ? { stdin: attached ? 'inherit' : 'ignore' } : { input }),
  });
  if (result.exitCode === undefined) {
    throw new EeError('LAB_COMMAND_FAILED', {
      step: `running ssh to ${host}`,
      status: result.originalMessage ?? result.shortMessage ?? 'it could not be started',
      output: '',
    });
  }
  return { code: result.exitCode, stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
}

/** Writes the lab's known_hosts from the keys in its hosts' file systems: nothing is believed on first use. */
export async function writeKnownHosts(lab: LabPlace, record: LabRecord): Promise<void> {
  const { hosts } = labSubnet(record.subnet, record.sendingIps);
  const lines: string[] = [];
  for (const host of LAB_HOSTS) {
    const key = await hostPublicKey(hostPlace(lab, host).upper);
    if (key !== undefined) lines.push(`${hosts[host]} ${key}\n`);
  }
  await writeFile(`${lab.knownHosts}.part`, lines.join(''), { mode: 0o600 });
  await rename(`${lab.knownHosts}.part`, lab.knownHosts);
}
