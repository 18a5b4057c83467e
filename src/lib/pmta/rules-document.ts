import { RULE_GROUPS, RULES } from './lint/registry.js';
import type { Rule } from './lint/rule.js';

const INTRODUCTION = `# What \`ee pmta check\` finds

<!-- Generated from the rules by \`npm run docs\`. -->

\`error\`: PowerMTA refuses it, or mail goes wrong. \`warning\`: works, and probably not as meant. \`info\`: worth knowing.
Only an error makes the exit status 3. What a rule rests on is named with it: the vendor's guide of 5.0, the release notes of 4.5, or
configurations in use; what is unproven is never an error. \`pmta test config\` on the host has the last word.

A rule that is wrong about a line is silenced by a comment at its end, or on a line of its own before it. A whole file has its own form.
What is silenced in vain is reported.

\`\`\`
smtp-port 25              # ee-ignore deprecated-name -- until the new listener is tested
# ee-ignore-file delete-after-never
\`\`\`

\`--fix\` repairs what the rules below say it does, changes no other byte, never touches a line that such a comment speaks of, and keeps
the file as it was beside it. \`--fix --dry-run\` shows the difference only.
`;

/** docs/pmta-rules.md. */
export function renderRulesDocument(): string {
  const table = RULES.map(
    ({ code, severity, why }) => `| [${code}](#${code.replaceAll('.', '')}) | ${severity} | ${cell(why)} |`,
  );
  const parts = [
    INTRODUCTION,
    ['| code | severity | why |', '| --- | --- | --- |', ...table, ''].join('\n'),
    ...RULE_GROUPS.flatMap(({ title, rules }) => [`## ${title}\n`, ...rules.map(section)]),
  ];
  return parts.join('\n');
}

function section({ code, severity, why, fix, evidence, targets, applies, autofix }: Rule): string {
  const about = [
    `- severity: ${severity}`,
    `- rests on: ${evidence}`,
    ...(targets ? [`- with \`--target\`: ${targets.join(', ')}`] : []),
    ...(applies ? ['- only where what it asks about is known: a host, or with `--root` the included files'] : []),
    ...(autofix ? [`- \`--fix\`: ${plain(autofix)}`] : []),
  ];
  return `### ${code}\n\n${plain(why)} ${plain(fix)}\n\n${about.join('\n')}\n`;
}

const cell = (text: string): string => plain(text).replaceAll('|', '\\|');

/** Text in which `<domain>` and `*` are what they are outside of code, too. */
const plain = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') ? part : part.replace(/<[^>]+>/g, (tag) => `\`${tag}\``).replace(/[\\*_]/g, '\\$&'),
    )
    .join('');
