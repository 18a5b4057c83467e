import chalk from 'chalk';
import type { PmtaReport, VirtualMtaStatus } from '../../deploy/pmta-status/report.js';
import { type Cell, type Column, tableLines } from '../table.js';
import { amount, UNKNOWN } from './amounts.js';

/** A line a virtual MTA. A column that PowerMTA tells nothing for is left out, and said below. */
export function virtualMtaLines({ virtualMtas }: PmtaReport, width: number): string[] {
  if (virtualMtas === null) return [`Virtual MTAs: ${UNKNOWN}`];
  if (virtualMtas.length === 0) return ['Virtual MTAs: none'];
  const aged = virtualMtas.some(({ oldest }) => oldest !== null);
  const columns: Column[] = [
    { title: 'VIRTUAL MTA', least: 11 },
    { title: 'IP', least: 15 },
    { title: 'HOST', least: 10 },
    { title: 'SENDER', least: 8 },
    { title: 'QUEUED', align: 'right' },
    ...(aged ? [{ title: 'OLDEST', least: 8 }] : []),
    { title: 'MODE', least: 7 },
  ];
  const rows = virtualMtas.map((one) => [
    one.name,
    one.ip ?? UNKNOWN,
    one.host ?? UNKNOWN,
    sender(one),
    amount(one.recipients),
    ...(aged ? [one.oldest ?? UNKNOWN] : []),
    mode(one),
  ]);
  return [
    ...tableLines(columns, rows, { width, titleStyle: chalk.bold }),
    ...(aged ? [] : [chalk.dim('  oldest message: unknown, PowerMTA does not tell it')]),
  ];
}

/** `contact@` says it all where the host stands beside it. */
function sender({ sender: address, host }: VirtualMtaStatus): string {
  if (address === null) return UNKNOWN;
  return host !== null && address.endsWith(`@${host}`) ? address.slice(0, -host.length) : address;
}

function mode({ mode: name, since, queuesInBackoff, queuesPaused, disabled }: VirtualMtaStatus): Cell {
  const count = queuesInBackoff === null || queuesInBackoff === 0 ? '' : ` (${amount(queuesInBackoff)})`;
  const text = [
    `${name ?? UNKNOWN}${count}${since === null ? '' : ` since ${since}`}`,
    ...(queuesPaused === null || queuesPaused === 0 ? [] : [`paused (${amount(queuesPaused)})`]),
    ...(disabled ? ['disabled'] : []),
  ].join(', ');
  return { text, style: disabled ? chalk.red : text === 'normal' ? (one) => one : chalk.yellow };
}
