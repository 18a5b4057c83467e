import type { ReceivedMessage, Rule, SentReport, Verdicts } from './mailbox-types.js';

const HEADINGS = ['ID', 'received', 'from', 'to', 'client', 'tls', 'spf', 'dkim', 'dmarc', 'ptr', 'helo'] as const;

/** The messages as a table for people, a line each. */
export function showMessages(messages: readonly ReceivedMessage[]): string {
  const rows = [HEADINGS, ...messages.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells({ id, receivedAt, envelope, client, tls, verdicts }: ReceivedMessage): string[] {
  const { spf, dmarc, reverse, helo } = verdicts;
  return [
    id,
    receivedAt.slice(0, 19).replace('T', ' '),
    envelope.from || '<>',
    envelope.to.join(','),
    client,
    tls?.version ?? 'none',
    spf.result,
    dkimResult(verdicts),
    dmarc.result,
    reverse.result,
    helo.result,
  ];
}

/** One word for all signatures: what it is when they agree, else each. */
function dkimResult({ dkim }: Verdicts): string {
  const results = [...new Set(dkim.map(({ result }) => result))];
  return results.length === 0 ? 'none' : results.join('+');
}

/** What became of a report that went back. */
export const showReport = (kind: 'complaint' | 'bounce', { to, host, answer }: SentReport): string =>
  `The ${kind} went to ${to}: ${host} answered ${answer}`;

/** What a provider does from now on, in a sentence. */
export function showRule(rule: Rule): string {
  const what = rule.refuse_tls
    ? 'offers no STARTTLS'
    : rule.drop
      ? `drops the connection at ${rule.at}`
      : rule.answer === null
        ? `waits ${rule.delay} s at ${rule.at}`
        : `answers "${rule.answer}" at ${rule.at}`;
  const slowly = rule.delay > 0 && (rule.drop || rule.answer !== null) ? `, after ${rule.delay} s` : '';
  const later = rule.after > 0 ? `, after ${rule.after} that pass` : '';
  const often = rule.times === null ? 'until --normal' : rule.times === 1 ? 'once' : `${rule.times} times`;
  return `${rule.scope}: ${what}${slowly}${later}, ${often}.`;
}
