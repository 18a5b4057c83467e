import { execa } from 'execa';
import { EeError } from '../errors.js';

/** Runs a program of OpenSSH on this machine and gives its output, whatever its status. Throws SSH_TOOL_MISSING. */
export async function runLocal(
  program: 'ssh' | 'ssh-keygen',
  args: readonly string[],
): Promise<{ status: number; stdout: string; stderr: string }> {
  const result = await execa(program, args, { reject: false, stdin: 'ignore', timeout: 20_000 });
  if (result.code === 'ENOENT') throw new EeError('SSH_TOOL_MISSING', { program }, { cause: result });
  return { status: result.exitCode ?? 255, stdout: result.stdout, stderr: result.stderr };
}
