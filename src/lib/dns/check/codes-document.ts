import { KINDS, PROBLEMS, severityOf, type CheckKind, type ProblemCode } from './codes.js';

/** The part of docs/dns.md between these marks is made from the codes. */
export const CODES_BEGIN = '<!-- codes:begin -->';
export const CODES_END = '<!-- codes:end -->';

/** What is checked, and every code, as tables. */
export function renderCodes(): string {
  const kinds = (Object.keys(KINDS) as CheckKind[]).map((kind) => {
    const { title, severity, right } = KINDS[kind];
    return `| \`${kind}\` | ${title} | ${severity} | ${right} |`;
  });
  const codes = (Object.keys(PROBLEMS) as ProblemCode[]).map((code) => {
    const { kind, verdict, why } = PROBLEMS[code];
    const severity = kind === undefined ? 'of the check' : severityOf(kind, code);
    return `| \`${code}\` | ${verdict} | ${severity} | ${why} |`;
  });
  return [
    ...['| check | of | severity | right is |', '| --- | --- | --- | --- |', ...kinds],
    '',
    ...['| code | verdict | severity | why |', '| --- | --- | --- | --- |', ...codes, ''],
  ].join('\n');
}

/** A document with its tables of codes as they are now. Throws an Error when it has no place for them. */
export function withCodes(document: string): string {
  const [begin, end] = [document.indexOf(CODES_BEGIN), document.indexOf(CODES_END)];
  if (begin === -1 || end < begin) throw new Error(`it has no place for the codes: ${CODES_BEGIN} and ${CODES_END}`);
  return `${document.slice(0, begin)}${CODES_BEGIN}\n\n${renderCodes()}\n${document.slice(end)}`;
}
