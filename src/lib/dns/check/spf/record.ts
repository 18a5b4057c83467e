import { isIPv4, isIPv6 } from 'node:net';

export type Qualifier = '+' | '-' | '~' | '?';

/** One part of an SPF record (RFC 7208 §4.6.1). Prefix lengths are those of addresses. */
export type Term =
  | { readonly kind: 'all'; readonly qualifier: Qualifier }
  | { readonly kind: 'include' | 'exists'; readonly qualifier: Qualifier; readonly domain: string }
  | {
      readonly kind: 'a' | 'mx';
      readonly qualifier: Qualifier;
      readonly domain: string | undefined;
      readonly prefix4: number;
    }
  | { readonly kind: 'ptr'; readonly qualifier: Qualifier }
  | { readonly kind: 'ip4'; readonly qualifier: Qualifier; readonly address: string; readonly prefix: number }
  | { readonly kind: 'ip6'; readonly qualifier: Qualifier }
  | { readonly kind: 'redirect'; readonly domain: string }
  /** `exp`, or one that RFC 7208 does not know: it changes no result. */
  | { readonly kind: 'modifier' };

/** A mistake that makes the whole record an error (permerror). */
export class SpfMistake extends Error {}

/** Whether a TXT value is an SPF record: the version, and a blank or nothing after it (RFC 7208 §4.5). */
export function isSpf(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text);
}

/** Parses an SPF record strictly by the grammar (RFC 7208 §12). Throws SpfMistake. */
export function parseSpf(text: string): Term[] {
  if (/[^\x20-\x7e]/.test(text)) throw new SpfMistake('it has a character that is not ASCII');
  const terms = text
    .slice('v=spf1'.length)
    .split(' ')
    .filter((part) => part !== '')
    .map(parseTerm);
  if (terms.filter(({ kind }) => kind === 'redirect').length > 1) throw new SpfMistake('redirect= stands there twice');
  return terms;
}

function parseTerm(text: string): Term {
  const [, modifier, value = ''] = /^([A-Za-z][A-Za-z0-9._-]*)=(.*)$/.exec(text) ?? [];
  if (modifier !== undefined) return parseModifier(modifier.toLowerCase(), value);
  const [, qualifier = '', name = '', rest = ''] = /^([+\-~?]?)([A-Za-z][A-Za-z0-9]*)(.*)$/.exec(text) ?? [];
  return parseMechanism(text, name.toLowerCase(), (qualifier || '+') as Qualifier, rest);
}

function parseModifier(name: string, value: string): Term {
  if (name === 'redirect') return { kind: 'redirect', domain: domainSpec(value, `redirect=${value}`) };
  if (name === 'exp') domainSpec(value, `exp=${value}`);
  return { kind: 'modifier' };
}

function parseMechanism(text: string, name: string, qualifier: Qualifier, rest: string): Term {
  switch (name) {
    case 'all':
      if (rest !== '') throw new SpfMistake(`"${text}" has more than all`);
      return { kind: 'all', qualifier };
    case 'include':
    case 'exists':
      return { kind: name, qualifier, domain: domainSpec(after(':', rest, text), text) };
    case 'a':
    case 'mx':
      return { kind: name, qualifier, ...domainAndPrefix(rest, text) };
    case 'ptr':
      if (rest !== '') domainSpec(after(':', rest, text), text);
      return { kind: 'ptr', qualifier };
    case 'ip4':
      return { kind: 'ip4', qualifier, ...network(after(':', rest, text), text) };
    case 'ip6':
      checkNetwork6(after(':', rest, text), text);
      return { kind: 'ip6', qualifier };
    default:
      throw new SpfMistake(`"${text}" is no mechanism`);
  }
}

function after(mark: string, rest: string, text: string): string {
  if (!rest.startsWith(mark)) throw new SpfMistake(`"${text}" is not complete`);
  return rest.slice(mark.length);
}

function domainAndPrefix(rest: string, text: string): { domain: string | undefined; prefix4: number } {
  const [, domain = '', four = '/32', six] = /^(.*?)(\/\d+)?(?:\/\/(\d+))?$/.exec(rest) ?? [];
  if (six !== undefined) prefixLength(six, 128, text);
  return {
    domain: domain === '' ? undefined : domainSpec(after(':', domain, text), text),
    prefix4: prefixLength(four.slice(1), 32, text),
  };
}

function network(value: string, text: string): { address: string; prefix: number } {
  const [address = '', prefix = '32', ...more] = value.split('/');
  if (!isIPv4(address) || more.length > 0) throw new SpfMistake(`"${text}" has no IPv4 address or network`);
  return { address, prefix: prefixLength(prefix, 32, text) };
}

function checkNetwork6(value: string, text: string): void {
  const [address = '', prefix = '128', ...more] = value.split('/');
  if (!isIPv6(address) || more.length > 0) throw new SpfMistake(`"${text}" has no IPv6 address or network`);
  prefixLength(prefix, 128, text);
}

function prefixLength(digits: string, most: number, text: string): number {
  if (!/^(0|[1-9]\d*)$/.test(digits) || Number(digits) > most)
    throw new SpfMistake(`"${text}" has no valid prefix length`);
  return Number(digits);
}

const MACRO = /%(?:\{[slodiphcrtvSLODIPHCRTV](?:\d+)?[rR]?[.\-+,/_=]*\}|%|_|-)/g;

/** A name with macros in it, which ends in a label or a macro (RFC 7208 §7.1). */
function domainSpec(value: string, text: string): string {
  const literal = value.replace(MACRO, '');
  const end = value.replace(/\.$/, '');
  const ended = /%\{[^}]*\}$/.test(end) || /\.[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*$/.test(end) || /\.[A-Za-z]$/.test(end);
  if (value === '' || literal.includes('%') || !ended) throw new SpfMistake(`"${text}" has no valid name`);
  return value;
}
