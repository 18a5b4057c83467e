/** What stands at the place of the configuration on the host, and what `ee` remembers of it. Checksums are SHA-256 in hex. */
export interface ConfigurationTrace {
  /** Checksum of the file; absent when there is none. */
  readonly current?: string;
  /** Of the configuration that `ee` put into force last. */
  readonly applied?: string;
  /** Of an application that was cut before it was verified: what it, and those cut before it, put in, and what was taken out. */
  readonly applying?: { readonly next: readonly string[]; readonly previous?: string };
  /** The file is the one that the package brought along. */
  readonly pristine: boolean;
  /** An earlier `ee`, which kept no copy of what it wrote, wrote the file, and its time has not changed since. */
  readonly journalled: boolean;
}

/**
 * Where the configuration on a host comes from. `changed` was written by `ee` and then by somebody else; `foreign` was never written
 * by `ee`. Neither is overwritten unasked.
 */
export type Origin = 'absent' | 'pristine' | 'ours' | 'changed' | 'foreign';

export function originOf({ current, applied, applying, pristine, journalled }: ConfigurationTrace): Origin {
  if (current === undefined) return 'absent';
  if (current === applied) return 'ours';
  if (applying && (applying.next.includes(current) || current === applying.previous)) return 'ours';
  if (pristine) return 'pristine';
  if (applied !== undefined) return 'changed';
  return journalled ? 'ours' : 'foreign';
}

/** Whether somebody else's work would be lost by overwriting it. */
export const isDrift = (origin: Origin): boolean => origin === 'changed' || origin === 'foreign';
