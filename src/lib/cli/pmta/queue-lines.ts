import chalk from 'chalk';
import { hintOf } from '../../deploy/pmta-status/judge.js';
import type { PmtaReport, QueueStatus } from '../../deploy/pmta-status/report.js';
import { cut, tableLines } from '../table.js';
import { amount, UNKNOWN } from './amounts.js';

/** The queues, worst first: a line each, and below it its last error and what limits it. */
export function queueLines({ queues, counts }: PmtaReport, width: number): string[] {
  if (queues === null || counts === null) return [`Queues: ${UNKNOWN}`];
  if (counts.queues === 0) return ['Queues: none'];
  const total = `${counts.complete ? '' : 'more than '}${amount(counts.queues)}`;
  const title = `Queues, worst first: ${amount(queues.length)} of ${total}`;
  if (queues.length === 0) return [title];
  const columns = [
    { title: 'QUEUED', align: 'right' as const },
    { title: 'MODE', least: 7 },
    { title: 'NEXT TRY', least: 8 },
    { title: 'QUEUE', least: 12 },
  ];
  const [head = '', ...rows] = tableLines(
    columns,
    queues.map((queue) => [
      amount(queue.recipients),
      { text: mode(queue), style: mode(queue) === 'normal' ? (text: string) => text : chalk.yellow },
      queue.retry ?? UNKNOWN,
      queue.name,
    ]),
    { width, titleStyle: chalk.bold },
  );
  return [title, head, ...queues.flatMap((queue, at) => [rows[at] ?? '', ...below(queue, width)])];
}

const mode = ({ mode: name, since, paused }: QueueStatus): string =>
  [`${name ?? UNKNOWN}${since === null ? '' : ` since ${since}`}`, ...(paused ? ['paused'] : [])].join(', ');

const INDENT = ' '.repeat(10);

function below(queue: QueueStatus, width: number): string[] {
  const { lastError } = queue;
  const error = lastError === null ? [] : [[lastError.time, lastError.text].filter(Boolean).join(' ')];
  const hint = hintOf(queue);
  return [...error, ...(hint === null ? [] : [hint]), ...limitsText(queue)].map(
    (text) => INDENT + chalk.dim(cut(text, width - INDENT.length)),
  );
}

/** `limits: max-msg-rate 100/h, max-smtp-out 20`; in backoff those that hold then. */
function limitsText({ limits, mode: name }: QueueStatus): string[] {
  if (limits === null) return [];
  const backoff = name?.startsWith('backoff') ?? false;
  const shown = Object.entries(limits).filter(
    ([directive]) => directive.startsWith('backoff-') === backoff && directive !== 'max-msg-per-connection',
  );
  return shown.length === 0 ? [] : [`limits: ${shown.map(([directive, value]) => `${directive} ${value}`).join(', ')}`];
}
