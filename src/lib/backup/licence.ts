import { error, warning, type LicenceFacts, type Note, type Problem } from './report.js';

/** Without these a licence is none; PowerMTA itself judges the rest. */
const NEEDED = ['product', 'serial', 'expires', 'check'] as const;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

export interface LicenceFindings {
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  readonly facts?: LicenceFacts;
}

/**
 * Reads a PowerMTA licence: `name: value` lines in any order, CRLF or LF, the signature in `check` continued on lines without a
 * name. Messages name fields and lines, never a value other than the expiry.
 */
export function examineLicence(bytes: Buffer, now: Date): LicenceFindings {
  const text = bytes.toString('latin1');
  if (/[^\t\r\n\x20-\x7e]/.test(text))
    return { problems: [error('LICENCE_NOT_TEXT', 'not plain text: this is no licence')], notes: [] };
  const { fields, problems } = parseFields(text.split(/\r\n|\n|\r/));
  const missing = NEEDED.filter((name) => (fields.get(name) ?? '') === '');
  if (missing.length > 0) problems.push(error('LICENCE_FIELD_MISSING', `without a value for ${missing.join(', ')}`));
  const expires = fields.get('expires') ?? '';
  problems.push(...judgeExpiry(expires, now));
  const facts: LicenceFacts = {
    kind: 'licence',
    product: fields.get('product') ?? '',
    version: fields.get('version') ?? null,
    platform: fields.get('platform') ?? null,
    expires,
  };
  return { problems, notes: [], facts };
}

function parseFields(lines: readonly string[]): { fields: Map<string, string>; problems: Problem[] } {
  const fields = new Map<string, string>();
  const problems: Problem[] = [];
  let current = '';
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const match = /^([A-Za-z][\w-]*)[ \t]*:(.*)$/.exec(line);
    const name = match?.[1]?.toLowerCase();
    if (name !== undefined) {
      if (fields.has(name)) problems.push(error('LICENCE_SYNTAX', `line ${index + 1}: ${name} stands there twice`));
      fields.set(name, match?.[2]?.trim() ?? '');
      current = name;
    } else if (current !== '' && (/^[ \t]/.test(line) || (current === 'check' && /^[A-Za-z0-9+/=]+\s*$/.test(line)))) {
      fields.set(current, `${fields.get(current) ?? ''}${line.trim()}`);
    } else {
      problems.push(error('LICENCE_SYNTAX', `line ${index + 1} is neither "name: value" nor the rest of check`));
    }
  });
  return { fields, problems };
}

function judgeExpiry(expires: string, now: Date): readonly Problem[] {
  if (expires === '' || /^[A-Za-z]+$/.test(expires)) return []; // perpetual, never
  const lastDay = dateIn(expires);
  if (lastDay === undefined)
    return [warning('LICENCE_EXPIRY_UNCLEAR', `expires ${JSON.stringify(expires)} is no date and no word`)];
  const dayAfter = lastDay + 24 * 3600 * 1000;
  return dayAfter <= now.getTime()
    ? [warning('LICENCE_EXPIRED', `expired on ${expires}: PowerMTA will not start with it`)]
    : [];
}

/** Midnight UTC of a date written as 2027-02-16, 2027/02/16, 20270216, 16-Feb-2027, 16 February 2027 or Feb 16, 2027. */
function dateIn(text: string): number | undefined {
  const numeric = /^(\d{4})([-/.]?)(\d{2})\2(\d{2})\b/.exec(text);
  if (numeric !== null) return utc(Number(numeric[1]), Number(numeric[3]), Number(numeric[4]));
  const dayFirst = /^(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[-, ]+(\d{4})\b/.exec(text);
  if (dayFirst !== null) return utc(Number(dayFirst[3]), monthOf(dayFirst[2]), Number(dayFirst[1]));
  const monthFirst = /^([A-Za-z]{3})[a-z]*[- ](\d{1,2})[-, ]+(\d{4})\b/.exec(text);
  if (monthFirst !== null) return utc(Number(monthFirst[3]), monthOf(monthFirst[1]), Number(monthFirst[2]));
  return undefined;
}

const monthOf = (name: string | undefined): number => MONTHS.indexOf((name ?? '').toLowerCase()) + 1;

function utc(year: number, month: number, day: number): number | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day ? date.getTime() : undefined;
}
