/** Lets a limited number of holders through at once, the rest in order of arrival. */
export class Semaphore {
  #limit: number;
  #active = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves to the function that gives the place back; calling it twice is harmless. */
  async acquire(): Promise<() => void> {
    if (this.#active >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#active += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#release();
    };
  }

  /** Allows one holder less than there are now. False if that would leave nobody. */
  lower(): boolean {
    if (this.#active <= 1) return false;
    this.#limit = Math.min(this.#limit, this.#active - 1);
    return true;
  }

  #release(): void {
    const next = this.#active <= this.#limit ? this.#waiting.shift() : undefined;
    // The place passes straight on to the next in line, so that nobody can take it in between.
    if (next) next();
    else this.#active -= 1;
  }
}
