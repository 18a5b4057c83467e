import { setMaxListeners } from 'node:events';
import { EXIT, EeError, type Again } from '../errors.js';

/** Stopping in good order is a matter of seconds. Past this, whatever it waits for does not come. */
const PATIENCE_MS = 45_000;

/**
 * Ctrl-C, a closed terminal and `kill` as an AbortSignal. Whoever asked for `signal` is given the chance to stop in good
 * order, but not for ever; a second Ctrl-C does not wait. Where nobody asked, `whenUnheeded` ends the program at once.
 */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  #heeded = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(
    private readonly during: string,
    private readonly whenUnheeded: (exit: typeof EXIT.interrupted) => void,
    private readonly again: Again = 'continues',
  ) {}

  get signal(): AbortSignal {
    // Everything at work listens to it, often more than ten at once: Node would warn the operator of a leak.
    setMaxListeners(0, this.#controller.signal);
    this.#heeded = true;
    return this.#controller.signal;
  }

  get happened(): boolean {
    return this.#controller.signal.aborted;
  }

  /** The failure to show for it, whatever the interrupted work threw. */
  get failure(): EeError<'INTERRUPTED'> {
    return new EeError('INTERRUPTED', { during: this.during, again: this.again });
  }

  listen(): void {
    for (const name of this.#signals) process.on(name, this.#receive);
  }

  ignore(): void {
    for (const name of this.#signals) process.off(name, this.#receive);
    clearTimeout(this.#patience);
  }

  readonly #receive = (): void => {
    const second = this.happened;
    this.#controller.abort(this.failure);
    if (second || !this.#heeded) return this.whenUnheeded(EXIT.interrupted);
    // A process manager sends its signal once. The timer itself keeps no program alive that could end.
    this.#patience = setTimeout(() => this.whenUnheeded(EXIT.interrupted), PATIENCE_MS).unref();
  };
}
