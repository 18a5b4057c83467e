import { reverseName } from '../../names.js';

/** Who sends: what the macros of a record stand for (RFC 7208 §7.2). */
export interface Sender {
  readonly ip: string;
  /** The return path, or `postmaster@` and the greeting where that is checked. */
  readonly address: string;
  readonly helo: string;
}

/** Expands the macros of a name, for the domain whose record it stands in. */
export function expand(text: string, sender: Sender, domain: string): string {
  const expanded = text.replace(/%(?:\{([A-Za-z])(\d*)([rR]?)([.\-+,/_=]*)\}|([%_-]))/g, (...match) => {
    const [, letter, digits, reverse, delimiters, escape] = match as (string | undefined)[];
    if (escape !== undefined) return { '%': '%', _: ' ', '-': '%20' }[escape] ?? '';
    const parts = value(letter?.toLowerCase() ?? '', sender, domain).split(
      new RegExp(`[${classOf(delimiters || '.')}]`),
    );
    const ordered = reverse ? parts.reverse() : parts;
    return ordered.slice(digits ? -Number(digits) : 0).join('.');
  });
  // Names that are too long lose labels on the left (RFC 7208 §7.3).
  let name = expanded.replace(/\.$/, '').toLowerCase();
  while (name.length > 253 && name.includes('.')) name = name.slice(name.indexOf('.') + 1);
  return name;
}

const classOf = (delimiters: string): string => delimiters.replace(/[\-\].^\\/]/g, '\\$&');

function value(letter: string, { ip, address, helo }: Sender, domain: string): string {
  const at = address.lastIndexOf('@');
  const values: Readonly<Record<string, string>> = {
    s: address,
    l: address.slice(0, at),
    o: address.slice(at + 1),
    d: domain,
    i: ip,
    // `p` would ask for the reverse name, and should not be used (RFC 7208 §7.2).
    p: 'unknown',
    v: reverseName(ip).split('.').at(-2) ?? 'in-addr',
    h: helo,
  };
  return values[letter] ?? 'unknown';
}
