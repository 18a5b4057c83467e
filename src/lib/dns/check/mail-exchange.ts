import { isIP } from 'node:net';
import type { Answer } from '../answer.js';
import type { MailExchange } from '../values.js';
import type { Said } from './judge.js';
import type { Finding, Fix } from './result.js';

/** Where an exchange leads: its own addresses, and whether it is an alias. */
export interface ExchangeAddress {
  readonly exchange: string;
  readonly answer: Answer;
  readonly alias: string | undefined;
}

export interface ExpectedMx {
  readonly name: string;
  /** The address where bounces must arrive. */
  readonly ip: string;
  readonly fix: Fix | undefined;
}

/**
 * The way of bounces and complaints back to a sending host. `addresses` are those of the exchanges other than the host itself, whose
 * own address is judged as such.
 */
export function judgeMx(
  { name, ip, fix }: ExpectedMx,
  { values }: Said<MailExchange>,
  addresses: readonly ExchangeAddress[],
): readonly Finding[] {
  if (values.length === 0) return [{ code: 'mx-missing', message: `${name} has no MX record.`, fix }];
  if (values.some(({ exchange }) => exchange === ''))
    return [{ code: 'mx-null', message: `${name} has a null MX: it says that it takes no mail.`, fix }];
  const findings = values.flatMap(({ exchange }): Finding[] => {
    if (isIP(exchange) !== 0)
      return [{ code: 'mx-literal', message: `The MX of ${name} is the address ${exchange}; it must be a name.`, fix }];
    const there = addresses.find((address) => address.exchange === exchange);
    return there ? unusable(name, there, fix) : [];
  });
  if (findings.length > 0) return findings;
  const leadsHere = ({ answer }: ExchangeAddress): boolean => answer.kind === 'found' && answer.values.includes(ip);
  if (values.some(({ exchange }) => exchange === name) || addresses.some(leadsHere)) return [];
  const elsewhere = values.map(({ exchange }) => exchange).join(' and ');
  const message = `Bounces to ${name} go to ${elsewhere}, not to ${ip}: PowerMTA does not see them.`;
  return [{ code: 'mx-elsewhere', message, fix }];
}

function unusable(name: string, { exchange, answer, alias }: ExchangeAddress, fix: Fix | undefined): Finding[] {
  if (alias !== undefined) {
    const message = `The MX of ${name} is ${exchange}, which is an alias (CNAME) of ${alias}: name that one.`;
    return [{ code: 'mx-alias', message, fix }];
  }
  if (answer.kind === 'none')
    return [
      {
        code: 'mx-unresolved',
        message: `The MX of ${name} is ${exchange}, without an A record: ${answer.reason}.`,
        fix,
      },
    ];
  if (answer.kind === 'unknown')
    return [
      {
        code: 'mx-undetermined',
        message: `Where ${exchange}, the MX of ${name}, leads is not known: ${answer.reason}.`,
      },
    ];
  return [];
}

/** The mailbox where reports and complaints are read. A domain without MX can take mail at its address (RFC 5321 §5.1). */
export function judgePostmasterMx(address: string, domain: string, { values }: Said<MailExchange>): readonly Finding[] {
  if (values.some(({ exchange }) => exchange !== '')) return [];
  const message = `${domain} has no MX record, so reports and complaints to ${address} cannot be delivered: add the MX of the mailbox.`;
  return [{ code: 'postmaster-mx-missing', message }];
}
