import type { MailExchange } from '../values.js';
import type { Said } from './judge.js';
import type { Finding, Fix } from './result.js';
import { isSpf } from './spf/record.js';

/** SPF of a name that sends nothing. */
export function judgeNoSender(name: string, fix: Fix | undefined, { values }: Said<string>): readonly Finding[] {
  const records = values.filter(isSpf);
  if (records.length === 0)
    return [
      { code: 'no-mail-spf-missing', message: `${name} sends no mail, and has no SPF record that says so.`, fix },
    ];
  if (records.length === 1 && /^v=spf1 +-all *$/i.test(records[0] ?? '')) return [];
  return [
    { code: 'no-mail-spf-wrong', message: `${name} sends no mail, but its SPF is ${records.join(' and ')}.`, fix },
  ];
}

/** The MX of a name that takes nothing (RFC 7505). */
export function judgeNoReceiver(
  name: string,
  fix: Fix | undefined,
  { values }: Said<MailExchange>,
): readonly Finding[] {
  if (values.length === 0)
    return [{ code: 'no-mail-mx-missing', message: `${name} takes no mail, and has no null MX that says so.`, fix }];
  const exchanges = values.map(({ exchange }) => exchange).filter((exchange) => exchange !== '');
  if (exchanges.length === 0) return [];
  return [
    { code: 'no-mail-mx-wrong', message: `${name} takes no mail, but its MX is ${exchanges.join(' and ')}.`, fix },
  ];
}
