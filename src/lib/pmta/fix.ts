import type { Catalogue } from './catalogue.js';
import { linesOf, printText, type Document, type Line } from './document.js';
import { lintConfiguration, type FileReport, type LintOptions } from './lint.js';
import type { Edit } from './lint/rule.js';
import { parseText } from './parse.js';
import type { Problem } from './problem.js';
import { singleFile } from './configuration.js';
import { grouped } from './survey.js';

export interface Fixed {
  /** One character a byte. */
  readonly text: string;
  /** What was repaired, where it stood when it was. */
  readonly repaired: readonly Problem[];
}

/** A repair may bring another to light, such as a new name that is out of order; each pass repairs at least one. */
const MOST_PASSES = 20;

/** A configuration with all that can be repaired safely; every other byte is as it was. */
export function fixed(document: Document, catalogue: Catalogue, options: LintOptions = {}): Fixed {
  const repaired: Problem[] = [];
  let current = document;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const [report] = lintConfiguration(singleFile(current), catalogue, options);
    const chosen = report ? apart(report) : [];
    if (chosen.length === 0) break;
    repaired.push(...chosen.map(({ problem }) => problem));
    current = parseText(
      edited(
        current,
        chosen.flatMap(({ edits }) => edits),
      ),
    );
  }
  return { text: printText(current), repaired };
}

/** Repairs that touch no byte twice; what is left out has its turn in the next pass. */
function apart({ fixes }: FileReport): FileReport['fixes'] {
  const taken = new Map<Line, Edit[]>();
  // What is only put in between touches no byte, and may be many lines above one.
  const touching = (edits: readonly Edit[]): readonly Edit[] => edits.filter((edit) => edit.column < edit.endColumn);
  return fixes.filter(({ edits }) => {
    const clash = touching(edits).some((edit) =>
      taken.get(edit.line)?.some((other) => edit.column < other.endColumn && other.column < edit.endColumn),
    );
    if (clash) return false;
    for (const [line, own] of grouped(touching(edits), (edit) => edit.line))
      taken.set(line, [...(taken.get(line) ?? []), ...own]);
    return true;
  });
}

function edited(document: Document, edits: readonly Edit[]): string {
  const byLine = grouped(edits, (edit) => edit.line);
  const parts: string[] = [];
  for (const line of linesOf(document.nodes)) {
    let { text } = line;
    const own = (byLine.get(line) ?? []).sort((a, b) => b.column - a.column);
    for (const edit of own) {
      if (edit.text !== '' || edit.column < edit.endColumn)
        text = text.slice(0, edit.column - 1) + edit.text + text.slice(edit.endColumn - 1);
      for (const before of edit.before ?? []) parts.push(before, line.end || '\n');
    }
    parts.push(text, line.end);
  }
  return parts.join('');
}
