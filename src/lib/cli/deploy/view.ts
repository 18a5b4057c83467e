import type { Emit } from '../../converge/events.js';

/** Shows a run while it goes on. `close` ends the drawing and must be awaited before anything else is printed. */
export interface DeployView {
  readonly emit: Emit;
  close(): Promise<void>;
}
