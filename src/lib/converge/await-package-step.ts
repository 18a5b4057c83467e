import { EeError } from '../errors.js';
import type { Host } from '../ssh/host.js';
import type { ApplyOptions } from './apply.js';
import { followPackageStep } from './package-step.js';

/** Seconds for which a package step of another run is waited for, and milliseconds of silence after which it counts as stuck. */
const PATIENCE = 3600;
const SILENCE_MS = 15 * 60_000;

/**
 * Waits for the end of the package step `about` of an earlier run, and shows what it writes: until then what is on the host changes
 * under whoever looks. Changes nothing. Throws PACKAGE_STEP_RUNS where it does not end, INTERRUPTED.
 */
export async function awaitPackageStep(
  host: Host,
  about: string | undefined,
  { emit, signal }: Pick<ApplyOptions, 'emit' | 'signal'>,
): Promise<void> {
  if (about === undefined) return;
  const stuck = (cause?: unknown) => new EeError('PACKAGE_STEP_RUNS', { host: host.name, about }, { cause });
  emit({ kind: 'step', host: host.name, step: `waiting for the package step of another run: ${about}` });
  try {
    const { code } = await host.run(followPackageStep(PATIENCE), {
      step: 'waiting for the package step of another run',
      idleTimeout: SILENCE_MS,
      onLine: (message) => emit({ kind: 'progress', host: host.name, message }),
      ...(signal ? { signal } : {}),
    });
    if (code !== 0) throw stuck();
  } catch (error) {
    throw error instanceof EeError && error.code === 'REMOTE_TIMEOUT' ? stuck(error) : error;
  }
}
