/** What became of one part of the configuration. `left`: kept as it is, although somebody should look at it. */
export type AdaptationAction = 'kept' | 'changed' | 'added' | 'dropped' | 'left';

export interface AdaptationItem {
  readonly action: AdaptationAction;
  /** What it is about, never with a secret: `smtp-listener 203.0.113.21:2525`, `<domain $gmail>`. */
  readonly subject: string;
  /** Where it stood in the configuration that was adapted; an added part stood nowhere. */
  readonly line?: number;
  /** The included file that the line is of; absent for the configuration itself. */
  readonly file?: string;
  readonly reason: string;
}

export type AdaptationReport = readonly AdaptationItem[];

/** Collects what the steps of an adaptation did. */
export class ReportBook {
  readonly #items: AdaptationItem[] = [];

  note(action: AdaptationAction, subject: string, reason: string, line?: number): void {
    this.#items.push({ action, subject, reason, ...(line !== undefined && line > 0 && { line }) });
  }

  /** By line of the original, then what was added, in the order it was added. */
  report(): AdaptationReport {
    return [...this.#items].sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER));
  }
}
