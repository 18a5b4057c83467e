import { DomOutput } from './dom-output.js';
import { isRefusal, type Said, words } from './said.js';

/** The three entries of a licence that may be shown. Its serial, options and check value stay where they are. */
export interface LiveLicence {
  readonly product: string | null;
  readonly version: string | null;
  readonly expires: string | null;
}

/** The licence that PowerMTA says it has, from `pmta show license` as `key="value"` or `name: value` lines. Null: unknown. */
export function licenceOf(said: Said): LiveLicence | null {
  if (isRefusal(said)) return null;
  const entries = new Map<string, string>();
  for (const [key, value] of new DomOutput(said.text).entries()) entries.set(lastPart(key), value);
  if (entries.size === 0) {
    for (const [, name = '', value = ''] of said.text.matchAll(/^\s*([A-Za-z]+)\s*:\s*(.*\S)\s*$/gm))
      entries.set(name.toLowerCase(), value);
  }
  const [product, version, expires] = ['product', 'version', 'expires'].map((name) => words(entries.get(name)));
  if (!product && !version && !expires) return null;
  return { product: product ?? null, version: version ?? null, expires: expires ?? null };
}

const lastPart = (key: string): string => (key.split('.').at(-1) ?? key).toLowerCase();

/** When it ends. Null where `expires` is a word: such a licence has no end. */
export function endOf(expires: string | null): Date | null {
  if (expires === null || !/\d{4}/.test(expires)) return null;
  const end = new Date(/^\d{8}$/.test(expires) ? expires.replace(/^(....)(..)(..)$/, '$1-$2-$3') : expires);
  return Number.isNaN(end.getTime()) ? null : end;
}
