import chalk from 'chalk';
import { printableValue } from '../printable.js';
import type { SentTest } from '../deploy/send-test/send-test.js';

/** What left and what became of it, a block a sender, and what it comes to. */
export function sentTestLines(to: string, sent: readonly SentTest[]): string[] {
  return [...sent.flatMap((one) => ['', ...blockOf(printableValue(one))]), '', summary(to, sent)];
}

function blockOf({ identity, left, delivery }: SentTest): string[] {
  return [
    chalk.bold(`${identity.index}  ${identity.sender}`),
    left.kind === 'signed'
      ? `   ${chalk.green('✔')} left from ${left.ip} as ${left.helo}, signed by ${left.domain} with the selector ${left.selector}; DNS agrees`
      : `   ${chalk.red('✖')} ${left.reason}`,
    ...deliveryLine(delivery),
  ];
}

function deliveryLine(delivery: SentTest['delivery']): string[] {
  switch (delivery.kind) {
    case 'delivered':
      return [`   ${chalk.green('✔')} delivered: ${answered(delivery.record)}`];
    case 'discarded':
      return [
        `   ${chalk.red('✖')} discarded by ${delivery.record.virtualMta || 'PowerMTA'}, as its configuration says: nothing was sent`,
      ];
    case 'bounced':
      return [`   ${chalk.red('✖')} bounced${inBrackets(delivery.record.category)}: ${answered(delivery.record)}`];
    case 'waiting':
      return [`   ${chalk.yellow('⚠')} still queued: ${delivery.reason}`];
    case 'not-sent':
      return [];
  }
}

const answered = ({ server, answer }: { server: string; answer: string }): string =>
  [server && `${server} said`, answer || 'nothing'].filter(Boolean).join(' ');

const inBrackets = (text: string): string => (text === '' ? '' : ` (${text})`);

function summary(to: string, sent: readonly SentTest[]): string {
  const count = (kind: SentTest['delivery']['kind']) => sent.filter(({ delivery }) => delivery.kind === kind).length;
  const parts = [
    `${count('delivered')} of ${sent.length} delivered to ${to}`,
    ...(count('discarded') > 0 ? [`${count('discarded')} discarded`] : []),
    ...(count('bounced') > 0 ? [`${count('bounced')} bounced`] : []),
    ...(count('waiting') > 0 ? [`${count('waiting')} still queued`] : []),
    ...(count('not-sent') > 0 ? [`${count('not-sent')} not sent`] : []),
    `${sent.filter(({ left }) => left.kind === 'signed').length} proven`,
  ];
  return `${parts.join(', ')}.`;
}
