import { getSystemErrorMap } from 'node:util';

/** What a failed system call says of its reason, without its code and the name of the call: `no space left on device`. */
export function systemReason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const known = 'errno' in cause && typeof cause.errno === 'number' ? getSystemErrorMap().get(cause.errno) : undefined;
  return known?.[1] ?? cause.message;
}
