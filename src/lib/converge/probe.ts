import { randomBytes } from 'node:crypto';
import { EeError } from '../errors.js';
import type { Host, RunOptions } from '../ssh/host.js';
import type { Resource } from './resource.js';

/**
 * One script that runs many probes. Each answer comes in base64 between marks, since a file's content may hold anything, and
 * with the probe's status, since a probe that failed must not pass for an absent thing.
 */
export function probeScript(probes: readonly string[], mark: string): string {
  return probes
    .map(
      (probe, index) => `printf '%s %s\\n' '${mark}' ${index}\n{ (\n${probe}\n); printf '\\n%s' "$?"; } 2>&1 | base64`,
    )
    .join('\n');
}

/** The answers of `probeScript`, in the order of the probes; throws where one is missing or its probe failed. */
export function parseProbes(output: string, ids: readonly string[], mark: string, host: string): Buffer[] {
  const answers = new Map<number, Buffer>();
  for (const part of output.split(`${mark} `).slice(1)) {
    const end = part.indexOf('\n');
    answers.set(Number(part.slice(0, end)), Buffer.from(part.slice(end + 1), 'base64'));
  }
  return ids.map((id, index) => {
    const answer = answers.get(index) ?? Buffer.from('\nno answer');
    const end = answer.lastIndexOf('\n');
    const status = answer.subarray(end + 1).toString('latin1');
    const seen = answer.subarray(0, end);
    if (status === '0') return seen;
    const output = seen.toString('utf8').trim().slice(-2000);
    throw new EeError('REMOTE_FAILED', { host, step: `looking at ${id}`, status: `exit ${status}`, output });
  });
}

/** A look that answers nothing for so long has met a disk or a database that hangs. */
const PATIENCE_MS = 5 * 60_000;

/** Asks a host, in one round trip, what is there for each of the resources. */
export async function probe(host: Host, resources: readonly Resource[], options: RunOptions = {}): Promise<Buffer[]> {
  if (resources.length === 0) return [];
  const mark = `ee-probe-${randomBytes(8).toString('hex')}`;
  const script = probeScript(
    resources.map((resource) => resource.probe),
    mark,
  );
  const result = await host.run(script, {
    step: 'looking at what is there',
    idleTimeout: PATIENCE_MS,
    ...options,
  });
  return parseProbes(
    result.stdout.toString('latin1'),
    resources.map((resource) => resource.id),
    mark,
    host.name,
  );
}
