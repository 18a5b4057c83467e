import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { printableName } from '../printable.js';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** May be cut with "…" where the terminal is too narrow, down to this width. */
  readonly least?: number;
}

export interface Cell {
  readonly text: string;
  readonly style?: (text: string) => string;
}

const GAP = '  ';

/** Lines of aligned columns, no wider than `width` as far as the columns that may be cut allow it. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly (string | Cell)[])[],
  { width, indent = '  ', titleStyle }: { width: number; indent?: string; titleStyle?: (text: string) => string },
): string[] {
  const cells = rows.map((row) => row.map(shownCell));
  const titles: readonly Cell[] = columns.map(({ title }) => ({
    text: title,
    ...(titleStyle && { style: titleStyle }),
  }));
  const widths = fitted(
    columns,
    columns.map((_, at) => Math.max(...[titles, ...cells].map((row) => stringWidth(row[at]?.text ?? '')))),
    width - indent.length - GAP.length * (columns.length - 1),
  );
  return [titles, ...cells].map((row) =>
    `${indent}${row.map((cell, at) => shaped(cell, columns[at], widths[at] ?? 0)).join(GAP)}`.trimEnd(),
  );
}

/** A cell takes one line, and what is in it as much room as it is shown with. */
function shownCell(cell: string | Cell): Cell {
  return typeof cell === 'string' ? { text: printableName(cell) } : { ...cell, text: printableName(cell.text) };
}

/** Takes from the widest that may be cut until all fit. */
function fitted(columns: readonly Column[], natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let excess = widths.reduce((sum, one) => sum + one, 0) - room; excess > 0; excess -= 1) {
    let widest = -1;
    for (const [at, { least }] of columns.entries()) {
      const width = widths[at] ?? 0;
      if (least !== undefined && width > least && width > (widths[widest] ?? 0)) widest = at;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function shaped({ text, style }: Cell, column: Column | undefined, width: number): string {
  const shown = cliTruncate(text, width);
  const padding = ' '.repeat(Math.max(0, width - stringWidth(shown)));
  const styled = style ? style(shown) : shown;
  return column?.align === 'right' ? padding + styled : styled + padding;
}

/** Text cut to a width, with "…" in the place of what is missing. */
export const cut = (text: string, width: number): string =>
  Number.isFinite(width) ? cliTruncate(text, Math.max(1, width)) : text;
