import { CATALOGUE, GROUPS, NUMBERED, PER_HOST, SETTING_NAMES, type Group, type Setting } from './catalogue.js';

/** A setting as it is documented: `label` is what a reader looks for, `name` what a line of the file begins with. */
interface Entry {
  readonly label: string;
  readonly name: string;
  readonly setting: Setting;
}

const HEADER = `# Settings of ee. \`ee init\` writes this file as .env.production (mode 600), asks for what it needs and makes every secret.
#
# One NAME=value a line. It is read as data, never by a shell. Quote a value that has a # in it. A # after a blank starts a
# comment. What is empty is not set. Paths: ~ is your home, and a relative path is relative to this file.
`;

/** The text of .env.production.example: every setting, what it is for, and its default or an example. */
export function renderExample(): string {
  const groups = GROUPS.map((group) => `${heading(group)}\n\n${entriesOf(group).map(renderEntry).join('\n')}`);
  return `${HEADER}\n${groups.join('\n')}`;
}

/** The settings table of the README. */
export function renderSettingsTable(): string {
  const rows = GROUPS.flatMap((group) =>
    entriesOf(group).map(({ label, setting }) => [
      group,
      `\`${label}\``,
      cell(setting.description),
      presenceCell(setting),
    ]),
  );
  const table = [['group', 'name', 'meaning', 'when not set'], ['---', '---', '---', '---'], ...rows];
  const overrides = PER_HOST.map((name) => `\`VPSn_${name}\``).join(', ');
  return `${table.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n\nOne host may have its own ${overrides} (n is 1, 2 or 3).\n`;
}

function entriesOf(group: Group): Entry[] {
  const single = SETTING_NAMES.map((name): Entry => ({ label: name, name, setting: CATALOGUE[name] }));
  const numbered = Object.entries(NUMBERED).map(([family, setting]): Entry => ({
    label: `${family}1…${family}n`,
    name: `${family}1`,
    setting,
  }));
  return [...single, ...numbered].filter(({ setting }) => setting.group === group);
}

function heading(group: Group): string {
  const rule = `# ---- ${group} `.padEnd(80, '-');
  if (group !== 'hosts') return rule;
  return `${rule}\n# Each SSH setting below can be given for one host alone: VPS1_SSH_USER, VPS2_SSH_PORT, …`;
}

/** What must be filled in stands as an empty line to fill; everything else as a comment to uncomment. */
function renderEntry({ label, name, setting }: Entry): string {
  const title = label === name ? '' : `${label}: `;
  const about = `# ${title}${setting.description}. ${presenceWords(setting)}`;
  const shown = setting.presence === 'default' ? setting.otherwise || setting.example : setting.example;
  return `${about}\n${isToFill(name, setting) ? `${name}=` : `#${name}=${shown}`}\n`;
}

const isToFill = (name: string, { presence }: Setting): boolean => presence === 'required' || name === 'SENDING_IPS';

function presenceWords(setting: Setting): string {
  const { presence, generated, example, otherwise } = setting;
  if (presence === 'required') return generated ? 'Required; `ee init` makes one.' : `Required. Example: ${example}`;
  if (presence === 'derived') return `Default: ${otherwise ?? ''}. Example: ${example}`;
  if (presence === 'default') return otherwise ? `Default: ${otherwise}` : `Example: ${example}`;
  return `Optional. Example: ${example}`;
}

function presenceCell({ presence, generated, otherwise }: Setting): string {
  if (presence === 'required') return generated ? 'made by `ee init`' : '**required**';
  if (presence === 'derived') return cell(otherwise ?? '');
  return otherwise ? `\`${otherwise}\`` : '';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
