/** Work on a whole panel that was begun and has not ended: in one file on the host, written before anything is done. */
export interface UnderWay {
  readonly kind: 'replace' | 'upgrade' | 'rollback';
  /** The run that began it: under its name is what it keeps. */
  readonly run: string;
  readonly by: string;
  /**
   * `keeping`: the panel is closed, and as it was. `changing`: it is kept, and may be anything by now. `installing`: what was there
   * has made way, and a new one is being installed.
   */
  readonly phase: 'keeping' | 'changing' | 'installing';
  /** The run whose kept panel comes back. */
  readonly target?: string;
}

/** A run's name is made of the time and hexadecimal digits; nothing else becomes a path. */
export const RUN_ID = /^[A-Za-z0-9-]{1,64}$/;

const KINDS: readonly string[] = ['replace', 'upgrade', 'rollback'];
const PHASES: readonly string[] = ['keeping', 'changing', 'installing'];

/** Reads the file; undefined for one that nobody of us wrote. */
export function parseUnderWay(text: string): UnderWay | undefined {
  let found: Partial<Record<keyof UnderWay, unknown>> | null;
  try {
    found = JSON.parse(text) as typeof found;
  } catch {
    return undefined;
  }
  const { kind, run, by, phase, target } = found ?? {};
  const isRun = (id: unknown): id is string => typeof id === 'string' && RUN_ID.test(id);
  if (!KINDS.includes(String(kind)) || !PHASES.includes(String(phase)) || !isRun(run)) return undefined;
  if (kind === 'rollback' && !isRun(target)) return undefined;
  return {
    kind: kind as UnderWay['kind'],
    run,
    by: String(by),
    phase: phase as UnderWay['phase'],
    ...(isRun(target) ? { target } : {}),
  };
}
