import { printableName } from '../printable.js';
import { isRequired } from './roles.js';
import type { FileReport, VerificationReport, Verdict } from './report.js';

const MEANINGS: Readonly<Record<Verdict, string>> = {
  VERIFIED: 'every file was read to its end and is sound',
  DEGRADED: 'what a deployment uses is usable, but see the problems above',
  CORRUPT:
    'it cannot be deployed from; see the problems above, correct what they name, and bring back from the original what is damaged or missing',
  'NOT-CHECKED': 'nothing could be checked, so nothing is known about it',
};

/** The report as lines for people: the files, then the problems, then the verdict. Names are a part of their line, whatever is in them. */
export function presentReport(report: VerificationReport): readonly string[] {
  return linesOf(report).map(printableName);
}

function linesOf(report: VerificationReport): readonly string[] {
  if (report.files.length === 0) {
    return [...report.problems.map(({ message }) => sentence(message)), verdictLine(report)];
  }
  return [
    `Backup set ${report.directory}${report.date === null ? '' : `, of ${report.date}`}`,
    ...report.comparedWith.map((source) => `compared with ${source}`),
    '',
    ...table(report.files),
    ...section('Problems', problemLines(report)),
    ...section('To know', noteLines(report)),
    '',
    verdictLine(report),
  ];
}

/** What to do next where there was no set to look at; undefined where the report says it. */
export function nextStep({ files }: VerificationReport): string | undefined {
  if (files.length > 0) return undefined;
  return 'Next: bring the backup set there, or name its folder: `ee verify DIR`, or BACKUP_DIR in the settings.';
}

const sentence = (text: string): string => `${text.replace(/\.$/, '')}.`;

function table(files: readonly FileReport[]): readonly string[] {
  const rows = files.map((file) => [
    printableName(file.name),
    file.role,
    file.used ? 'used' : 'not used',
    file.status === 'missing' ? '-' : size(file),
    file.status,
    file.reason,
  ]);
  const all = [['FILE', 'ROLE', 'USED', 'SIZE', 'STATUS', 'WHY'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function problemLines(report: VerificationReport): readonly string[] {
  const ofFiles = report.files.flatMap((file) =>
    file.problems.map((problem) => ({ ...problem, where: `${file.name}: ` })),
  );
  return [...report.problems.map((problem) => ({ ...problem, where: '' })), ...ofFiles].map(
    ({ severity, where, message, code }) => `${severity}: ${where}${message} [${code}]`,
  );
}

function noteLines(report: VerificationReport): readonly string[] {
  return report.files.flatMap((file) => [
    ...(file.facts === undefined ? [] : [`${file.name}: ${describe(file.facts)}`]),
    ...file.notes.map(({ message }) => `${file.name}: ${message}`),
  ]);
}

function describe(facts: NonNullable<FileReport['facts']>): string {
  switch (facts.kind) {
    case 'application':
      return `MailWizz ${facts.version} in ${facts.root || 'its top level'} (strip ${facts.stripDepth}), ${facts.files} files, ${readable(facts.unpackedBytes)} unpacked`;
    case 'licence':
      return `${[facts.product, facts.version, facts.platform].filter(Boolean).join(' ')}, expires: ${facts.expires}`;
    case 'database':
      return `${readable(facts.unpackedBytes)} of SQL, ${facts.complete ? 'complete' : 'without its last line'}`;
    case 'archive':
      return `${facts.files} files, ${readable(facts.unpackedBytes)} unpacked`;
  }
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];

function verdictLine({ verdict, totals, level, files }: VerificationReport): string {
  const used = files.filter((file) => file.used && isRequired(file.role)).length;
  const looked = level === 'quick' ? 'names and sizes only' : `${readable(totals.bytes)} read`;
  return `${verdict}: ${MEANINGS[verdict]} (${totals.checked} of ${totals.expected} files checked, ${used} used, ${looked})`;
}

const size = (file: FileReport): string => (file.status === 'not-read' ? '-' : readable(file.bytes));

/** Bytes as people read them: `391 B`, `8.7 KB`, `111 MB`. */
export function readable(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}
