import { abridged, type Said } from './judge.js';
import type { Finding, Fix } from './result.js';

/** A name that must lead to one address. */
export interface ExpectedAddress {
  readonly name: string;
  readonly ip: string;
  readonly fix: Fix | undefined;
}

/** The address of a sending host: the name that it greets with, which also holds SPF and MX, so it may be no alias. */
export function judgeA({ name, ip, fix }: ExpectedAddress, { values, alias }: Said<string>): readonly Finding[] {
  if (alias !== undefined)
    return [{ code: 'a-alias', message: `${name} is an alias (CNAME) of ${alias}; give it an A record instead.`, fix }];
  if (values.length === 0) return [{ code: 'a-missing', message: `${name} has no A record.`, fix }];
  if (!values.includes(ip))
    return [{ code: 'a-wrong', message: `${name} leads to ${values.join(' and ')}, not to ${ip}.`, fix }];
  if (values.length > 1) {
    const others = values.filter((value) => value !== ip).join(' and ');
    return [{ code: 'a-several', message: `${name} leads to ${others} too: only ${ip} may stay.`, fix }];
  }
  return [];
}

/** The address of the panel or the API. */
export function judgeWeb({ name, ip, fix }: ExpectedAddress, { values }: Said<string>): readonly Finding[] {
  if (values.length === 0) return [{ code: 'web-missing', message: `${name} has no A record.`, fix }];
  if (!values.includes(ip))
    return [{ code: 'web-wrong', message: `${name} leads to ${values.join(' and ')}, not to ${ip}.`, fix }];
  if (values.length > 1) {
    const others = values.filter((value) => value !== ip).join(' and ');
    return [{ code: 'web-several', message: `${name} leads to ${others} too: only ${ip} may stay.`, fix }];
  }
  return [];
}

/** No IPv6 address, on purpose. */
export function judgeAaaa(name: string, { values }: Said<string>): readonly Finding[] {
  if (values.length === 0) return [];
  return [
    { code: 'aaaa-present', message: `${name} has an AAAA record, ${abridged(values.join(' and '))}: remove it.` },
  ];
}
