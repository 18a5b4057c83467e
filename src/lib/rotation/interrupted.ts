import { EeError } from '../errors.js';

/** Throws when the operator wants to stop: between two things that are done, never within one. */
export function goesOn({ aborted }: AbortSignal): void {
  if (aborted) throw new EeError('INTERRUPTED', { during: 'the rotation of the DKIM keys' });
}
