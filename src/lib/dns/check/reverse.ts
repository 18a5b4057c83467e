import type { Said } from './judge.js';
import type { Finding, Fix } from './result.js';

/** The reverse name of a sending IP. That it leads forward again is checked as the address of the host. */
export function judgePtr(
  { ip, domain, fix }: { readonly ip: string; readonly domain: string; readonly fix: Fix | undefined },
  { values }: Said<string>,
): readonly Finding[] {
  const by = 'whoever provides the address sets it';
  if (values.length === 0) return [{ code: 'ptr-missing', message: `${ip} has no reverse name; ${by}.`, fix }];
  if (values.length > 1) {
    const message = `${ip} leads back to ${values.join(' and ')}: only ${domain} may stay; ${by}.`;
    return [{ code: 'ptr-several', message, fix }];
  }
  const [name = ''] = values;
  if (name !== domain.toLowerCase()) {
    const given = isGeneric(name, ip) ? ', the name that the provider gave it' : '';
    return [{ code: 'ptr-wrong', message: `${ip} leads back to ${name}${given}, not to ${domain}; ${by}.`, fix }];
  }
  if (isGeneric(name, ip)) {
    const message = `${name} looks like a dial-up line: a name without the address in it is taken better.`;
    return [{ code: 'ptr-generic', message }];
  }
  return [];
}

/** Whether a name holds its address, as the names that providers give by themselves do: `static-7-2-0-192.provider.example`. */
export function isGeneric(name: string, ip: string): boolean {
  const octets = ip.split('.');
  const forms = [octets, [...octets].reverse()].flatMap((order) => [
    ...['.', '-', '_', ''].map((separator) => order.join(separator)),
    order.map((octet) => octet.padStart(3, '0')).join(''),
    order.map((octet) => Number(octet).toString(16).padStart(2, '0')).join(''),
  ]);
  const host = name.toLowerCase();
  const dynamic =
    /(^|[.-])(dynamic|dyn|dhcp|dialup|dial|pool|ppp|adsl|dsl|static|broadband|cable|customer|unassigned)([.\d-]|$)/;
  return (
    forms.some((form) => new RegExp(`(^|[^0-9a-f])${form.replaceAll('.', '\\.')}([^0-9a-f]|$)`).test(host)) ||
    dynamic.test(host)
  );
}
