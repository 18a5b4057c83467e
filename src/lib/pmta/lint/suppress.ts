import { linesOf, type Document, type Line } from '../document.js';
import { firstWord, statementOf, wordsOf } from '../lines.js';
import { at, type Finding } from './rule.js';

/** A finding and the rule that made it. */
export interface Found extends Finding {
  readonly code: string;
}

/** One code of an `# ee-ignore` comment. Without `lines` it holds for the whole file. */
interface Suppression {
  readonly code: string;
  readonly comment: Line;
  readonly column: number;
  readonly lines: ReadonlySet<Line> | undefined;
}

/** Suppressions of one code that hold for the same line, or for the whole file, and whether they suppressed anything. */
interface Group {
  readonly all: Suppression[];
  used: boolean;
}

/** What the comments of one file suppress. */
export class Suppressions {
  /** By line, or `undefined` for the whole file, and by code. */
  readonly #groups = new Map<Line | undefined, Map<string, Group>>();
  readonly #all: readonly Suppression[];

  constructor(document: Document) {
    this.#all = suppressionsIn(document);
    for (const suppression of this.#all)
      for (const line of suppression.lines ?? [undefined]) this.#groupOf(line, suppression.code).all.push(suppression);
  }

  #groupOf(line: Line | undefined, code: string): Group {
    const byCode = this.#groups.get(line) ?? new Map<string, Group>();
    const group = byCode.get(code) ?? { all: [], used: false };
    this.#groups.set(line, byCode.set(code, group));
    return group;
  }

  /** Whether a comment suppresses the finding. */
  covers({ code, line }: Found): boolean {
    const places = line ? [line, undefined] : [undefined];
    const found = places.flatMap((place) => this.#groups.get(place)?.get(code) ?? []);
    for (const group of found) group.used = true;
    return found.length > 0;
  }

  /** Whether a comment speaks of this line: then nothing on it is changed. */
  speaksOf(line: Line): boolean {
    return this.#groups.has(line);
  }

  /** What is wrong with the comments themselves, once all findings were weighed. `ran` are the codes of the rules that could find something. */
  *leftover(known: ReadonlySet<string>, ran: ReadonlySet<string>): Generator<Found> {
    const groups = [...this.#groups.values()].flatMap((byCode) => [...byCode.values()]);
    const used = new Set(groups.flatMap((group) => (group.used ? group.all : [])));
    for (const suppression of this.#all) {
      const { code, comment, column } = suppression;
      const word = { text: code, column };
      if (!known.has(code)) yield { code: 'suppression-unknown', ...at(comment, word, `no rule is called ${code}`) };
      else if (ran.has(code) && !used.has(suppression))
        yield { code: 'suppression-unused', ...at(comment, word, `there is no ${code} to suppress here`) };
    }
  }
}

const MARK = /#\s*ee-ignore(-file)?(?![\w-])\s*/;

function suppressionsIn({ nodes }: Document): Suppression[] {
  const found: Suppression[] = [];
  const lines = [...linesOf(nodes)];
  for (const [index, line] of lines.entries()) {
    if (!line.text.includes('ee-ignore')) continue;
    const { statement, comment } = statementOf(line);
    const mark = comment && MARK.exec(comment.text);
    if (!comment || !mark) continue;
    const start = mark.index + mark[0].length;
    const list = (comment.text.slice(start).split(/(?:^|\s)--(?:\s|$)/)[0] ?? '').replaceAll(',', ' ');
    const target = mark[1] ? undefined : statement.text === '' ? nextStatement(lines, index) : line;
    const covered = mark[1] ? undefined : new Set(target ? [target, ...headOf(lines, target)] : []);
    for (const { text, column } of wordsOf({ text: list, column: comment.column + start }))
      found.push({ code: text, comment: line, column, lines: covered });
  }
  return found;
}

/** How far a comment may stand above its line, with other comments in between. */
const MOST_COMMENTS = 100;

/** The line that a comment on a line of its own is about: the next one that says something. */
function nextStatement(lines: readonly Line[], index: number): Line | undefined {
  for (let at = index + 1; at < lines.length && at <= index + MOST_COMMENTS; at++) {
    const line = lines[at];
    if (line && statementOf(line).statement.text !== '') return line;
  }
  return undefined;
}

/** The line on which a list of a macro begins that goes on to this one: what is found of the macro is reported there. */
function headOf(lines: readonly Line[], line: Line): Line[] {
  for (let at = line.number - 2; at >= 0 && at > line.number - 200; at--) {
    const before = lines[at];
    if (!before) return [];
    const { statement } = statementOf(before);
    const { first, rest } = firstWord(statement);
    const opens = first.text.toLowerCase() === 'domain-macro';
    if (!statement.text.endsWith(',') && !(opens && !/[\s,]/.test(rest.text))) return [];
    if (opens) return [before];
  }
  return [];
}
