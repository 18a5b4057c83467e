export const SEVERITIES = ['error', 'warning', 'info'] as const;

/** `error`: PowerMTA refuses it, or mail goes wrong. `warning`: works, and probably not as meant. `info`: worth knowing. */
export type Severity = (typeof SEVERITIES)[number];

/** What a rule found, and where. `line` and columns count from 1; columns count bytes, and `endColumn` is the one after the last. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** Whether `--fix` can do it. */
  readonly fixable: boolean;
}
