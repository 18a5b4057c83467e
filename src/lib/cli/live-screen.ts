import { cut } from './table.js';

/** Control sequences of ECMA-48 and xterm. */
const ESC = '\u001B[';
const ENTER = `${ESC}?1049h${ESC}?25l`;
const LEAVE = `${ESC}?25h${ESC}?1049l`;
const HOME = `${ESC}H`;
const CLEAR_LINE = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;

type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows' | 'on' | 'off'>;

/**
 * A screen that is drawn over and over, on the terminal's alternate one: what stood there before comes back when it is closed.
 * A frame is written in one piece, each line over the one before it, so that nothing flickers.
 */
export class LiveScreen {
  #draw: (width: number) => readonly string[] = () => [];
  #open = false;
  // A second Ctrl-C ends the program at once; the terminal is given back all the same.
  readonly #close = (): void => this.close();
  readonly #redraw = (): void => this.#paint();

  constructor(private readonly terminal: Terminal) {}

  /** Shows what `draw` gives for the width of the terminal, now and whenever that changes. */
  show(draw: (width: number) => readonly string[]): void {
    this.#draw = draw;
    if (!this.#open) {
      this.#open = true;
      this.terminal.write(ENTER);
      this.terminal.on('resize', this.#redraw);
      process.on('exit', this.#close);
    }
    this.#paint();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.terminal.off('resize', this.#redraw);
    process.off('exit', this.#close);
    this.terminal.write(LEAVE);
  }

  #paint(): void {
    const { columns, rows } = this.terminal;
    const lines = this.#draw(columns);
    const shown =
      lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
    const text = shown.map((line) => `${cut(line, columns)}${CLEAR_LINE}`).join('\r\n');
    this.terminal.write(`${HOME}${text}${CLEAR_BELOW}`);
  }
}
