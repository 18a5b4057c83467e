import { closest } from '../closest.js';
import { CATALOGUE, NUMBERED, SETTING_NAMES, settingOf, type Setting } from './catalogue.js';
import { readEnvText, type Assignment } from './env-text.js';
import { hasBracketsInside, isPlaceholder } from './placeholder.js';
import type { Problem } from './problem.js';

/** A value of the file that its type accepts. */
export interface Given {
  readonly value: unknown;
  readonly line: number;
}

export interface Validated {
  /** By the name in the file; numbered and per-host names too. Defaults are not in it. */
  readonly given: ReadonlyMap<string, Given>;
  /** Names in the file with a value that was refused: nothing more is said of what follows from them. */
  readonly refused: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Checks every line by itself: names, placeholders, syntax; and that nothing required is missing. */
export function validateLines(text: string): Validated {
  const { assignments, problems: syntax } = readEnvText(text);
  const given = new Map<string, Given>();
  const refused = new Set<string>();
  const problems: Problem[] = [...syntax];

  for (const assignment of assignments) {
    const { name, value, line, doubtful } = assignment;
    const setting = settingOf(name);
    if (setting === undefined) {
      problems.push({ line, name, message: unknownName(name) });
    } else if (doubtful) {
      refused.add(name);
    } else if (value !== '') {
      const result = checkValue(setting, value);
      if ('mistakes' in result) {
        refused.add(name);
        problems.push(...result.mistakes.map((message) => ({ line, name, message })));
      } else {
        given.set(name, { value: result.value, line });
      }
    }
  }
  return { given, refused, problems: [...problems, ...missing(assignments)] };
}

/** The typed value, or what is wrong with it. The messages never repeat the value: it may be a secret. */
export function checkValue(setting: Setting, value: string): { value: unknown } | { mistakes: string[] } {
  if (isPlaceholder(value)) {
    const remedy = setting.generated ? 'empty it and run `ee init`' : `write the real value, like ${setting.example}`;
    const mistake = hasBracketsInside(value)
      ? 'has a pair of brackets, like what a template leaves to be filled in; no value may have one'
      : 'is a placeholder';
    return { mistakes: [`${mistake} — ${remedy}`] };
  }
  const result = setting.type.safeParse(value);
  return result.success ? { value: result.data } : { mistakes: result.error.issues.map(({ message }) => message) };
}

function missing(assignments: readonly Assignment[]): Problem[] {
  return SETTING_NAMES.flatMap((name): Problem[] => {
    const setting: Setting = CATALOGUE[name];
    const written = assignments.find((assignment) => assignment.name === name);
    if (setting.presence !== 'required' || (written !== undefined && (written.doubtful || written.value !== '')))
      return [];
    const remedy = setting.generated
      ? '`ee init` makes one'
      : `${lowerFirst(setting.description)}, like ${setting.example}`;
    return [
      {
        ...(written && { line: written.line }),
        name,
        message: `is ${written ? 'empty' : 'missing'} and required — ${remedy}`,
        missing: true,
      },
    ];
  });
}

export function unknownName(name: string): string {
  const known = [...SETTING_NAMES, ...Object.keys(NUMBERED).map((family) => `${family}1`)];
  const suggestion = closest(name.toUpperCase(), known);
  const remedy = suggestion === undefined ? 'remove it' : `did you mean ${suggestion}?`;
  return `is not a setting of ee — ${remedy}`;
}

/** `Address of VPS1` → `address of VPS1`, but `PowerMTA …` and `SSH …` as they are. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]+\s/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
