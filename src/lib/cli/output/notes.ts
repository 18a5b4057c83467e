import type { Outlet } from './outlet.js';
import { say } from './standard-streams.js';

/** Bytes that may wait for a reader of standard error, who may have stopped reading, before lines are left out. */
const BACKLOG = 1024 * 1024;

/** Advice and progress. They hold up no work and fill no memory: what a reader is too far behind for is counted instead. */
export class Notes {
  #leftOut = 0;

  constructor(private readonly outlet: () => Outlet) {}

  say(text: string): void {
    if (this.outlet().waiting > BACKLOG) {
      this.#leftOut += 1;
      return;
    }
    this.end();
    say(this.outlet(), text);
  }

  /** Tells how many were left out since this was told last. */
  end(): void {
    if (this.#leftOut === 0) return;
    say(this.outlet(), `… ${this.#leftOut} lines of progress were left out, since standard error was not read.`);
    this.#leftOut = 0;
  }
}
