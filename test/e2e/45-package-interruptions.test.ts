import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boot, DEFAULT_STORE, labPlace, powerCut } from '../../src/lib/lab/lab.js';
import { packageRoot } from '../../src/lib/package-root.js';
import { onceFree } from '../support/killed-run.js';
import { TestLab, type EeResult } from '../support/lab.js';

interface Deployment {
  readonly hosts?: readonly { readonly status: string; readonly changes: readonly { readonly summary: string }[] }[];
}

const lab = new TestLab('t-int');
const place = labPlace(lab.name, DEFAULT_STORE);
const deploy = (...more: readonly string[]) => ['deploy', 'vps3', ...more, '--env-file', lab.settingsFile];
const statuses = ({ json, stdout }: EeResult) => {
  const { hosts } = json<Deployment>();
  return hosts?.map(({ status }) => status) ?? [stdout];
};
const broken = () => lab.sh('vps3', 'dpkg --audit');
const goOn = () => lab.sh('vps3', 'pkill -CONT -x dpkg || :');

const STEPS = `grep -csE ' (unpack|half-installed|half-configured) ' /var/log/dpkg.log`;

/** Lets dpkg go on until it has made more than `steps` steps, and holds it in the next; gives how many it has made then. */
async function heldPast(steps: number): Promise<number> {
  const made = await lab.sh(
    'vps3',
    `pkill -CONT -x dpkg
    timeout 240 sh -c "until [ \\"\\$(${STEPS})\\" -gt ${steps} ] && pkill -STOP -x dpkg; do sleep 0.02; done" && ${STEPS}`,
  );
  return Number(made);
}

/** Ends a deployment while dpkg, which has gone on for a while, is at work; gives the end of the run. */
async function interrupted(
  signal: NodeJS.Signals,
  steps: number,
): Promise<{ code: number | null; output: string; steps: number }> {
  const child = spawn(process.execPath, ['--', join(packageRoot(), 'bin', 'run.js'), ...deploy('--yes', '--verbose')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  // A run before it began the step and is gone: this one has come to wait for it.
  while (steps > 0 && child.exitCode === null && !output.includes('waiting for the package step')) await sleep(50);
  const now = await heldPast(steps);
  child.kill(signal);
  return { code: await ended, output, steps: now };
}

describe('a deployment of a bare host that is interrupted while packages are installed', () => {
  beforeAll(() => lab.up('bare', { hosts: ['vps3'], world: false }));
  afterAll(() => lab.down());

  it('[R19] ten times, by Ctrl-C and by a kill in turn, is ended by the same command, without a repair by hand', async () => {
    let steps = 0;
    const waits: boolean[] = [];
    for (let time = 0; time < 10; time += 1) {
      const signal = time % 2 === 0 ? 'SIGINT' : 'SIGKILL';
      const run = await interrupted(signal, steps);
      expect(run.code, run.output).toBe(signal === 'SIGINT' ? 130 : null);
      // It goes on, though whoever began it is gone.
      expect(await lab.sh('vps3', 'systemctl is-active ee-packages')).toBe('active');
      waits.push(run.output.includes('waiting for the package step of another run: install '));
      steps = run.steps;
    }
    expect(waits).toEqual([false, ...Array.from({ length: 9 }, () => true)]);

    await goOn();
    const last = await onceFree(() => lab.ee('deploy', 'vps3', '--yes', '--json'));
    expect(last.exit, last.stdout).toBe(0);
    expect(await broken()).toBe('');
    expect(statuses(await lab.ee('deploy', 'vps3', '--yes', '--json'))).toEqual(['unchanged']);
  });

  it('[R19] by a power cut while dpkg unpacks is ended by the same command', async () => {
    await lab.sh('vps3', 'dpkg --purge --force-all nodejs libnode115 >/dev/null 2>&1; ! command -v node');
    const run = spawn(process.execPath, ['--', join(packageRoot(), 'bin', 'run.js'), ...deploy('--yes')], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => run.once('close', resolve));
    // Held there until the power goes: an unpacking takes a moment only.
    await lab.sh(
      'vps3',
      'timeout 240 sh -c \'until tail -n 1 /var/log/dpkg.log | grep -q "half-installed libnode115"; do :; done; pkill -STOP dpkg\'',
    );
    await powerCut(place, 'vps3');
    await boot(place, 'vps3', () => undefined);
    run.kill('SIGKILL');
    await ended;
    expect(await lab.sh('vps3', `dpkg-query -W -f '\${db:Status-Abbrev}' libnode115`)).toBe('iHR');

    const plan = await lab.ee('deploy', 'vps3', '--dry-run', '--json');
    expect(plan.stdout).toContain('repair what is half installed: ');
    const again = await lab.ee('deploy', 'vps3', '--yes', '--json');
    expect(again.exit, again.stdout).toBe(0);
    expect(await broken()).toBe('');
    expect(statuses(await lab.ee('deploy', 'vps3', '--yes', '--json'))).toEqual(['unchanged']);
  });
});
