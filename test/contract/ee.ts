import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package-root.js';

export const RUN = join(packageRoot(), 'bin', 'run.js');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The script to start instead of bin/run.js. */
  readonly script?: string;
}

/** Runs the built `ee` as a user or a script does: its own process, no terminal, nothing on standard input. */
export function ee(args: readonly string[], { cwd, env, script = RUN }: Options = {}): Promise<Ran> {
  if (!existsSync(join(packageRoot(), 'dist', 'lib', 'cli', 'main.js'))) {
    execFileSync(process.execPath, [join(packageRoot(), 'bin', 'build.js')], { stdio: 'inherit' });
  }
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--', script, ...args],
      { cwd, env: { ...process.env, ...env }, encoding: 'utf8' },
      (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

/** Runs `ee` and closes its standard output after the first bytes, as `head -1` does. */
export function eeIntoClosedPipe(args: readonly string[]): Promise<Omit<Ran, 'stdout'>> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--', RUN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stdout.destroy();
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (status) => resolve({ status, stderr }));
  });
}
