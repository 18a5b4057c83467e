export const SEVERITIES = ['error', 'warning', 'info'] as const;

/** `error`: PowerMTA refuses it, or mail goes wrong. `warning`: works, and probably not as meant. `info`: worth knowing. */
export type Severity = (typeof SEVERITIES)[number];

/** What a rule found, and where. `line` and `column` count from 1; columns count bytes. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
}
