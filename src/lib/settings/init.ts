import { EeError } from '../errors.js';
import { CATALOGUE, SETTING_NAMES, settingOf, type Setting, type SettingName } from './catalogue.js';
import { readEnvText } from './env-text.js';
import { fill } from './fill.js';
import { problemsOf } from './parse.js';
import { renderProblem, renderWithoutLine } from './problem.js';
import { checkValue, unknownName } from './validate.js';

export interface Question {
  readonly name: SettingName;
  readonly setting: Setting;
  readonly required: boolean;
}

/** What `ee init` will do with a settings file. Names only: no value of the file is in it. */
export interface InitPlan {
  /** Set in the file already, and left alone. */
  readonly kept: readonly string[];
  /** To be asked, in the order of the catalogue; the optional ones may stay empty. */
  readonly questions: readonly Question[];
  /** Secrets to make. */
  readonly generate: readonly SettingName[];
  /** Values of --set that the file does not have yet. */
  readonly set: ReadonlyMap<string, string>;
}

/**
 * Plans the completion of `text` (empty for a new file). `wanted` are the values of --set, as typed: `NAME=VALUE`.
 * Throws USAGE with every mistake in them, and SETTING_ALREADY_SET for one that the file sets otherwise.
 */
export function planInit(text: string, wanted: readonly string[], file: string): InitPlan {
  const present = new Map(
    readEnvText(text)
      .assignments.filter(({ value, doubtful }) => value !== '' || doubtful)
      .map(({ name, value }) => [name, value]),
  );
  const set = readWanted(wanted);
  for (const [name, value] of set) {
    const existing = present.get(name);
    if (existing !== undefined && existing !== value) throw new EeError('SETTING_ALREADY_SET', { name, file });
    if (existing !== undefined) set.delete(name);
  }
  const open = SETTING_NAMES.filter((name) => !present.has(name) && !set.has(name));
  const hasAddresses = [...present.keys(), ...set.keys()].some((name) => /^IP\d+$/.test(name));
  return {
    kept: [...present.keys()],
    set,
    generate: open.filter((name) => (CATALOGUE[name] as Setting).generated),
    questions: open.flatMap((name) => {
      const setting: Setting = CATALOGUE[name];
      const required = setting.presence === 'required' || name === 'SENDING_IPS';
      if (setting.generated || (name === 'SENDING_IPS' && hasAddresses)) return [];
      return required || setting.asked ? [{ name, setting, required }] : [];
    }),
  };
}

/**
 * What stops `ee init` where nobody can be asked: names every missing setting and the whole command to type, which begins
 * with `command` and repeats what --set gave. A secret is never in it: others see it in the process list.
 */
export function assertNothingToAsk({ questions, set }: InitPlan, command = 'ee init'): void {
  const missing = questions.filter(({ required }) => required);
  if (missing.length === 0) return;
  const secrets = [...set.keys()].filter((name) => settingOf(name)?.secret);
  const given = [...set].filter(([name]) => !secrets.includes(name));
  const wanted = missing.map(({ name, setting }) => [name, setting.example] as const);
  const sets = [...given, ...wanted].map(([name, value]) => `--set ${quoted(`${name}=${value}`)}`);
  const afterwards = secrets.length === 0 ? '' : `\nThen write the secrets into the file: ${secrets.join(', ')}.`;
  throw new EeError('USAGE', {
    message: `There is no terminal to ask on, and ${missing.length} ${missing.length === 1 ? 'setting is' : 'settings are'} missing: ${missing.map(({ name }) => name).join(', ')}.`,
    hint: `Give them: ${command} ${sets.join(' ')}${afterwards}`,
  });
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Throws before anything is asked: SETTINGS_INVALID for what the file says wrongly, SETTINGS_DISAGREE for --set beside it. */
export function assertAgreement(text: string, set: ReadonlyMap<string, string>, file: string): void {
  const still = contradictions(fill(text, set));
  const inFile = problemsOf(text).filter((problem) => still.has(renderWithoutLine(problem)));
  if (inFile.length > 0) throw new EeError('SETTINGS_INVALID', { file, problems: inFile.map(renderProblem) });
  if (still.size > 0) throw new EeError('SETTINGS_DISAGREE', { problems: [...still] });
}

/** What is wrong beyond what is merely missing yet. */
function contradictions(text: string): ReadonlySet<string> {
  return new Set(
    problemsOf(text)
      .filter(({ missing }) => !missing)
      .map(renderWithoutLine),
  );
}

/** What was said before a question: the text of the file, and the values of --set and of the earlier answers. */
export interface SaidBefore {
  readonly text: string;
  readonly values: ReadonlyMap<string, string>;
}

/** True, or what is wrong with an answer, by itself or beside what was said before. */
export function judgeAnswer({ name, setting, required }: Question, typed: string, said: SaidBefore): true | string {
  const answer = typed.trim();
  if (answer === '') return required ? 'This one is needed.' : true;
  const result = checkValue(setting, answer);
  if ('mistakes' in result) return `It ${result.mistakes.join('; it ')}`;
  const before = contradictions(fill(said.text, said.values));
  const after = contradictions(fill(said.text, new Map([...said.values, [name, answer]])));
  const fresh = [...after].filter((problem) => !before.has(problem));
  return fresh.length === 0 ? true : fresh.join('; ').replaceAll(`${name} `, 'It ');
}

function readWanted(wanted: readonly string[]): Map<string, string> {
  const set = new Map<string, string>();
  const mistakes: string[] = [];
  const right: string[] = [];
  for (const pair of wanted) {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === '') {
      mistakes.push(`--set ${name ?? pair.replace(/=.*/s, '')}: has no value — write --set NAME=VALUE`);
      continue;
    }
    const setting = settingOf(name);
    if (setting === undefined) mistakes.push(`--set ${name}: ${unknownName(name)}`);
    else if (set.has(name)) mistakes.push(`--set ${name}: is given twice`);
    else {
      const result = checkValue(setting, value);
      if ('mistakes' in result) {
        mistakes.push(...result.mistakes.map((mistake) => `--set ${name}: ${mistake}`));
        if (!setting.secret) right.push(`--set ${quoted(`${name}=${setting.example}`)}`);
      }
      set.set(name, value);
    }
  }
  if (mistakes.length > 0) {
    throw new EeError('USAGE', {
      message: mistakes.join('\n'),
      hint:
        right.length > 0 ? `Write it like ${right.join(' ')}` : 'Write each as --set NAME=VALUE, by its right name.',
    });
  }
  return set;
}
