import type { Source } from './effective.js';
import type { ExplainedSetting, Explanation } from './explain.js';

export interface ExplanationView {
  /** What its lines are called: `config:182`. */
  readonly file: string;
  readonly ips: number | undefined;
  /** Show documented defaults and every rule of the pattern list. */
  readonly all: boolean;
}

/** A line of text, or a table. `least` is the width to which a column may be cut on a narrow screen. */
export type Shown =
  string | { readonly columns: readonly { title: string; least?: number }[]; readonly rows: readonly string[][] };

/** A queue for people: each setting with its line and with what it takes the place of. */
export function showExplanation(explanation: Explanation, view: ExplanationView): Shown[] {
  const { domain, virtualMta, settings, virtualMtaSettings, patternList, defaults, notes } = explanation;
  const columns = columnsFor(view);
  const shown: Shown[] = [`${domain}/${virtualMta ?? '*'}`, ''];
  if (settings.length === 0) shown.push('No <domain> speaks of it: the defaults hold.');
  else shown.push({ columns, rows: settings.map((setting) => row({ ...setting, note: noteOn(setting) }, view)) });
  if (virtualMtaSettings.length > 0) {
    const rows = virtualMtaSettings.map((setting) => row({ ...setting, note: '' }, view));
    shown.push('', `All queues of ${virtualMta ?? ''} together`, '', { columns, rows });
  }
  if (patternList) shown.push('', ...patternLines(patternList, view));
  if (view.all && defaults.length > 0) {
    const rows = defaults.map(({ name, value }) => [name, value]);
    shown.push('', 'Documented defaults of what is not set', '');
    shown.push({ columns: [{ title: 'setting' }, { title: 'default', least: 10 }], rows });
  }
  return notes.length > 0 ? [...shown, '', ...notes] : shown;
}

function columnsFor({ ips }: ExplanationView): { title: string; least?: number }[] {
  const sum = ips === undefined ? [] : [{ title: `× ${ips}` }];
  const origin = [{ title: 'line' }, { title: 'from', least: 12 }, { title: '', least: 12 }];
  return [{ title: 'setting' }, { title: 'value', least: 12 }, ...sum, ...origin];
}

function row(
  one: { name: string; value: string; total?: string; line: number; file?: string; where: string; note: string },
  { file, ips }: ExplanationView,
): string[] {
  const sum = ips === undefined ? [] : [one.total ?? ''];
  return [one.name, one.value, ...sum, `${one.file ?? file}:${one.line}`, one.where, one.note];
}

function noteOn({ rivals, overrides, value, hidesMoreSpecific }: ExplainedSetting): string {
  const place = ({ value: other, line, file }: Source): string =>
    `${other} (line ${line}${file === undefined ? '' : ` of ${file}`})`;
  if (rivals.length > 0) return `or ${rivals.map(place).join(' or ')}: which one wins is not known`;
  const instead = overrides.filter((one) => one.value !== value);
  if (instead.length === 0) return '';
  return `instead of ${instead.map(place).join(', ')}${hidesMoreSpecific ? ', probably: ask pmta show settings' : ''}`;
}

function patternLines({ name, rules }: NonNullable<Explanation['patternList']>, view: ExplanationView): string[] {
  const [first] = rules;
  const from = first ? `, from ${first.file ?? view.file}:${first.line} on` : '';
  const heading = `Replies are judged by the ${rules.length} rules of ${name}${from}`;
  return view.all
    ? [heading, '', ...rules.map(({ line, file, rule }) => `  ${file === undefined ? '' : `${file}:`}${line}  ${rule}`)]
    : [`${heading}; see --all.`];
}
