import chalk from 'chalk';
import type { PmtaStatus } from '../../deploy/pmta-status/pmta-status.js';
import { printableValue } from '../../printable.js';
import { cut } from '../table.js';
import { wrapped } from '../wrapped.js';
import { amount, duration, UNKNOWN } from './amounts.js';
import { queueLines } from './queue-lines.js';
import { virtualMtaLines } from './virtual-mta-lines.js';

/** How PowerMTA is, for people: what is wrong first, then the server, its virtual MTAs, and its queues. */
export function statusLines(seen: PmtaStatus, { width }: { width: number }): string[] {
  const status = printableValue(seen);
  const { report } = status;
  const answered = report.server.status !== null;
  return [
    titleLine(status, width),
    ...problemLines(status, width),
    ...(answered ? ['', ...serverLines(status).map((line) => cut(line, width))] : []),
    ...(answered ? ['', ...virtualMtaLines(report, width)] : []),
    ...(answered ? ['', ...queueLines(report, width)] : []),
  ];
}

function titleLine({ host, address, report: { state, server } }: PmtaStatus, width: number): string {
  const coloured = state === 'running' ? chalk.green : state === 'starting' ? chalk.yellow : chalk.red;
  const product = [server.product ?? 'PowerMTA', server.version ?? `version ${UNKNOWN}`].join(' ');
  const up = server.uptimeSeconds === null ? '' : `, up ${duration(server.uptimeSeconds)}`;
  const title = `${chalk.bold(`${host}  ${address}`)}  ${coloured(state)}`;
  return cut(server.status === null ? title : `${title}  ${product}${up}`, width);
}

function problemLines({ problems }: PmtaStatus, width: number): string[] {
  return problems.flatMap(({ severity, message, hint }) => {
    const sign = severity === 'error' ? chalk.red('✖') : chalk.yellow('⚠');
    const [first = '', ...rest] = wrapped(message, width - 4);
    return [
      `  ${sign} ${first}`,
      ...rest.map((line) => `    ${line}`),
      ...wrapped(hint, width - 4).map((line) => chalk.dim(`    ${line}`)),
    ];
  });
}

function serverLines({ report: { server, licence, disabledSources } }: PmtaStatus): string[] {
  const { spool, traffic, connections, queued } = server;
  const between = ({ now, max }: { now: number | null; max: number | null }) =>
    `${amount(now)}${max === null ? '' : ` of ${amount(max)}`}`;
  const flow = (of: 'lastHour' | 'total') =>
    `in ${amount(traffic[of].in.recipients)}, out ${amount(traffic[of].out.recipients)}`;
  const rows: readonly (readonly [string, string])[] = [
    ['licence', licenceText(licence)],
    [
      'spool',
      `${spool.initialisedPercent === null ? UNKNOWN : `${spool.initialisedPercent} %`} read, ${amount(spool.files)} files`,
    ],
    ['traffic', `last hour ${flow('lastHour')}; since the start ${flow('total')} (recipients)`],
    ['connections', `in ${between(connections.in)}, out ${between(connections.out)}`],
    ['queued', `${amount(queued.recipients)} recipients, ${amount(queued.kilobytes)} KB`],
    [
      'disabled',
      disabledSources === null ? UNKNOWN : disabledSources.map(({ ip }) => ip).join(', ') || 'no source address',
    ],
  ];
  return rows.map(([name, text]) => `  ${name.padEnd(11)}  ${text}`);
}

function licenceText(licence: PmtaStatus['report']['licence']): string {
  if (licence === null) return UNKNOWN;
  const { product, version, expires } = licence;
  return `${product ?? `product ${UNKNOWN}`} ${version ?? ''}`.trim() + `, expires: ${expires ?? UNKNOWN}`;
}
