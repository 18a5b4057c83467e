import { EeError } from '../errors.js';
import type { RunResult } from './host.js';

const LINES = 12;

/** The error for a command that gave a status other than 0: with the last lines of what it wrote. */
export function remoteFailure(host: string, step: string, result: RunResult): EeError<'REMOTE_FAILED'> {
  const written = result.stderr.length > 0 ? result.stderr : result.stdout;
  const output = written.subarray(-16_384).toString('utf8').trimEnd().split('\n').slice(-LINES).join('\n');
  return new EeError('REMOTE_FAILED', { host, step, status: `status ${result.code}`, output });
}
