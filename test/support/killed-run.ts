import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/lib/package-root.js';
import type { EeResult, TestLab } from './lab.js';

/** Runs `ee` on a lab until it says so, kills it as a power cut does, and gives what it had said. */
export function killedAt(said: string, lab: TestLab, ...args: readonly string[]): Promise<string> {
  const program = ['--', join(packageRoot(), 'bin', 'run.js')];
  const child = spawn(process.execPath, [...program, ...args, '--env-file', lab.settingsFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(said)) child.kill('SIGKILL');
    });
    child.once('close', (_code, signal) =>
      signal === 'SIGKILL' ? resolve(output) : reject(new Error(`it ended before it said "${said}":\n${output}`)),
    );
  });
}

/** Runs it, and again while the lock of a run that was killed is held: the host notices by itself. */
export async function onceFree(run: () => Promise<EeResult>): Promise<EeResult> {
  for (let tries = 0; ; tries += 1) {
    const result = await run();
    if (result.exit !== 5 || tries === 45) return result;
    await sleep(2000);
  }
}
