import { homedir } from 'node:os';
import { EeError } from '../errors.js';
import { disagreements } from './agreement.js';
import { assemble } from './assemble.js';
import { sendingIdentities, type Identities } from './identities.js';
import { inFileOrder, renderProblem, type Problem } from './problem.js';
import type { Settings } from './settings.js';
import { validateLines, type Validated } from './validate.js';

/** Everything that is wrong with the text, in the order of its lines. Empty for a valid one. */
export function problemsOf(text: string): readonly Problem[] {
  return examine(text).problems;
}

/**
 * The settings that `text` gives, with the paths in it relative to the folder of `file` (absolute). Throws
 * SETTINGS_INVALID with all problems at once, each with its line and a fix.
 */
export function parseSettings(text: string, file: string, home: string = homedir()): Settings {
  const { validated, identities, problems } = examine(text);
  if (problems.length > 0) throw new EeError('SETTINGS_INVALID', { file, problems: problems.map(renderProblem) });
  return assemble(validated.given, identities, { file, home });
}

function examine(text: string): { validated: Validated; identities: Identities['identities']; problems: Problem[] } {
  const validated = validateLines(text);
  const { identities, problems } = sendingIdentities(validated);
  // A missing base domain makes every default domain wrong: said once, where it is missing.
  const certain =
    validated.given.has('BASE_DOMAIN') && ![...validated.refused].some((name) => /^(DOMAIN|SENDER)\d/.test(name));
  return {
    validated,
    identities,
    problems: inFileOrder([
      ...validated.problems,
      ...problems,
      ...disagreements(validated.given, certain ? identities : []),
    ]),
  };
}
