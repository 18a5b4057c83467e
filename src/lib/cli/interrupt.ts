import { setMaxListeners } from 'node:events';
import { EXIT, EeError, type Again } from '../errors.js';

/**
 * The program is gone two seconds after Ctrl-C, whatever it waits for. Nothing needs longer: here each write is whole or absent, and
 * a host ends what a run was doing there as soon as the run's connection closes.
 */
const PATIENCE_MS = 1_800;

/**
 * Ctrl-C, a closed terminal and `kill` as an AbortSignal. Whoever asked for `signal` is given the chance to stop in good
 * order, but not for ever; a second Ctrl-C does not wait. Where nobody asked, `whenUnheeded` ends the program at once.
 */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  #heeded = false;
  #happened = false;
  #abandoned = false;
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

  /** Whether the operator interrupted it. */
  get happened(): boolean {
    return this.#happened;
  }

  /** Whether `error` is what the work was stopped with, be it as the cause of another. */
  stopped(error: unknown): boolean {
    if (!this.#controller.signal.aborted) return false;
    for (let one = error; one instanceof Error; one = one.cause) {
      if (one.name === 'AbortError' || (one instanceof EeError && one.code === 'INTERRUPTED')) return true;
    }
    return false;
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

  /**
   * Nobody reads the result any more: what asked for the signal stops in good order, and what did not goes on to its end, which is near.
   */
  abandon(): void {
    if (this.#abandoned || this.happened) return;
    this.#abandoned = true;
    this.#controller.abort(this.failure);
    if (this.#heeded) this.#losePatience();
  }

  readonly #receive = (): void => {
    const second = this.happened;
    this.#happened = true;
    this.#controller.abort(this.failure);
    if (second || !this.#heeded) return this.whenUnheeded(EXIT.interrupted);
    // A process manager sends its signal once.
    this.#losePatience();
  };

  /** The timer itself keeps no program alive that could end. */
  #losePatience(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.whenUnheeded(EXIT.interrupted), PATIENCE_MS).unref();
  }
}
