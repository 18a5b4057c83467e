import { EeError } from '../errors.js';
import { CATALOGUE, SETTING_NAMES, settingOf, type Setting, type SettingName } from './catalogue.js';
import { readEnvText } from './env-text.js';
import { checkValue, unknownName } from './validate.js';

/** What `ee init` will do with a settings file. Names only: no value of the file is in it. */
export interface InitPlan {
  /** Set in the file already, and left alone. */
  readonly kept: readonly string[];
  /** To be asked, in the order of the catalogue; the optional ones may stay empty. */
  readonly questions: readonly { readonly name: SettingName; readonly setting: Setting; readonly required: boolean }[];
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

/** What stops `ee init` where nobody can be asked: names every missing setting and what to type. */
export function assertNothingToAsk(plan: InitPlan): void {
  const missing = plan.questions.filter(({ required }) => required);
  if (missing.length === 0) return;
  throw new EeError('USAGE', {
    message: `There is no terminal to ask on, and ${missing.length} settings are missing: ${missing.map(({ name }) => name).join(', ')}.`,
    hint: `Give them: ee init ${missing.map(({ name, setting }) => `--set ${name}=${setting.example}`).join(' ')}`,
  });
}

/** True, or what is wrong with an answer. */
export function judgeAnswer(setting: Setting, answer: string, required: boolean): true | string {
  if (answer.trim() === '') return required ? 'This one is needed.' : true;
  const result = checkValue(setting, answer.trim());
  return 'mistakes' in result ? `It ${result.mistakes.join('; it ')}` : true;
}

function readWanted(wanted: readonly string[]): Map<string, string> {
  const set = new Map<string, string>();
  const mistakes: string[] = [];
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
      if ('mistakes' in result) mistakes.push(...result.mistakes.map((mistake) => `--set ${name}: ${mistake}`));
      set.set(name, value);
    }
  }
  if (mistakes.length > 0) {
    throw new EeError('USAGE', {
      message: mistakes.join('\n'),
      hint: '.env.production.example describes every setting.',
    });
  }
  return set;
}
