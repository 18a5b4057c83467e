import type { Emit } from '../../converge/events.js';

/** Shows a run while it goes on. `close` ends the drawing and must be awaited before anything else is printed. */
export interface DeployView {
  readonly emit: Emit;
  /** What became of each host stands on the screen already when the view is closed. */
  readonly showsOutcome: boolean;
  close(): Promise<void>;
}
