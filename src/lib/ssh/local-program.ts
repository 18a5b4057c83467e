import { execa } from 'execa';
import { EeError } from '../errors.js';
import { BOUNDS } from './bounds.js';
import { Aborted, TooLate, within } from './within.js';

export interface LocalRun {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. */
  readonly bound?: number;
}

/**
 * Runs a program of OpenSSH on this machine and gives its output, whatever its status. Throws SSH_TOOL_MISSING, SSH_TOOL_SILENT and
 * INTERRUPTED.
 */
export async function runLocal(
  program: 'ssh' | 'ssh-keygen',
  args: readonly string[],
  { signal, bound = BOUNDS.program }: LocalRun = {},
): Promise<{ status: number; stdout: string; stderr: string }> {
  const child = execa(program, args, { reject: false, stdin: 'ignore' });
  try {
    const result = await within(child, bound, signal ? [signal] : []);
    if (result.code === 'ENOENT') throw new EeError('SSH_TOOL_MISSING', { program }, { cause: result });
    return { status: result.exitCode ?? 255, stdout: result.stdout, stderr: result.stderr };
  } catch (error) {
    // What it started may hold its output open for as long as it likes (`Match exec`): that is not waited for.
    child.kill('SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
    const command = [program, ...args].join(' ');
    if (error instanceof TooLate) {
      throw new EeError('SSH_TOOL_SILENT', { command, seconds: Math.ceil(bound / 1000) }, { cause: error });
    }
    if (error instanceof Aborted) throw new EeError('INTERRUPTED', { during: `\`${command}\`` }, { cause: error });
    throw error;
  }
}
