import { EeError } from '../../errors.js';
import type { Adaptation } from '../adapt.js';
import type { Catalogue } from '../catalogue.js';
import { lint } from '../lint.js';

/** How lines of the original are called: those of a file that it includes have another number there. */
export interface LineNames {
  readonly nameOf: (line: number) => string;
  /** Names of lines to leave out, of which there is no line. */
  readonly unknown: readonly string[];
}

/**
 * Why a rendering may not be used, or nothing: a choice that was not made (PMTA_UNDECIDED), lines that would be lost (PMTA_UNPLACED),
 * lines that were named to be left out and would not be lost (PMTA_DROP_MISNAMED), or errors that `pmta check` finds, by the lines of
 * the original (PMTA_LINT_ERRORS).
 */
export function refusalOf(adaptation: Adaptation, catalogue: Catalogue, names: LineNames): EeError | undefined {
  const { nameOf, unknown } = names;
  const { undecided } = adaptation;
  const unplaced = adaptation.unplaced.map((loss) => ({ ...loss, line: nameOf(loss.line) }));
  const misnamed = [...adaptation.misnamed.map(nameOf), ...unknown];
  if (misnamed.length > 0)
    return new EeError('PMTA_DROP_MISNAMED', { lines: misnamed, unplaced: unplaced.map(({ line }) => line) });
  if (undecided) {
    const differing = undecided.differing.map((one) => ({ ...one, line: nameOf(one.line) }));
    return new EeError('PMTA_UNDECIDED', { ...undecided, differing });
  }
  if (unplaced.length > 0) return new EeError('PMTA_UNPLACED', { lines: unplaced });
  const problems = errorsIn(adaptation, catalogue, nameOf);
  return problems.length > 0 ? new EeError('PMTA_LINT_ERRORS', { problems }) : undefined;
}

/** What `pmta check` calls an error, each with its line in the original. */
function errorsIn({ document, lines }: Adaptation, catalogue: Catalogue, nameOf: LineNames['nameOf']): string[] {
  const errors = lint(document, catalogue).filter(({ severity }) => severity === 'error');
  return errors.map(({ line, code, message }) => {
    const original = lines[line - 1] ?? 0;
    const place = original > 0 ? `line ${nameOf(original)}` : `line ${line} of the rendering`;
    return `${place}: ${code}: ${message}`;
  });
}
