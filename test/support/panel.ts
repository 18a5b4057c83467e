import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/lib/package-root.js';
import type { EeResult, TestLab } from './lab.js';

/** The status with which the panel of a lab answers the world: a host that is not VPS1. */
export const statusFromOutside = (lab: TestLab, path: string): Promise<string> =>
  lab.sh(
    'world',
    `python3 -c "
import http.client, ssl
connection = http.client.HTTPSConnection('${lab.setting('VPS1_IP')}', context=ssl._create_unverified_context(), timeout=20)
connection.request('GET', '${path}', headers={'Host': 'panel.lab.example'})
print(connection.getresponse().status)"`,
  );

/** Runs `ee` until it says so on standard error, and kills it as a power cut does. */
export function killedAt(lab: TestLab, said: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--', join(packageRoot(), 'bin/run.js'), ...args, '--env-file', lab.settingsFile],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let output = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(said)) child.kill('SIGKILL');
    });
    child.once('close', (_code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`it ended before it said "${said}":\n${output}`)),
    );
  });
}

/** Runs `ee` with --json, and waits for the lock of a run that was killed: the host notices by itself. */
export async function onceFree(lab: TestLab, ...args: readonly string[]): Promise<EeResult> {
  for (let tries = 0; ; tries += 1) {
    const result = await lab.ee(...args, '--json');
    if (result.exit !== 5 || tries === 45) return result;
    await sleep(2000);
  }
}
