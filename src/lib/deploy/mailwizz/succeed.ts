import { EeError } from '../../errors.js';
import type { Host } from '../../ssh/host.js';

/** Runs shell, and gives what it printed; a status other than 0 is a failure with its last lines. */
export async function succeed(host: Host, script: string, step: string, signal: AbortSignal): Promise<string> {
  const { code, stdout, stderr } = await host.run(script, { step, signal });
  if (code === 0) return stdout.toString('utf8');
  const output = `${stdout.toString('utf8')}\n${stderr.toString('utf8')}`.trim().split('\n').slice(-15).join('\n');
  throw new EeError('REMOTE_FAILED', { host: host.name, step, status: `exit ${code}`, output });
}
