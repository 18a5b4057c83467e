/** Whether one value of a setting asks for no less than another one. */
import { unquoted } from '../document.js';

/** Limits of which none means `unlimited`: a new one takes nothing away. */
const UNLIMITED_BY_DEFAULT = /^max-(smtp-)?(msg|connect|data-volume)-rate$/;
/** Limits that may become smaller without a loss. */
const LIMIT =
  /^(backoff-)?max-(msg-rate|connect-rate|data-volume-rate|smtp-out)$|^max-smtp-(out|msg-rate|data-volume-rate)$|^max-msg-per-connection$/;

const SECONDS: Readonly<Record<string, number>> = {
  ...{ s: 1, sec: 1, second: 1, m: 60, min: 60, minute: 60 },
  ...{ h: 3600, hr: 3600, hour: 3600, d: 86_400, day: 86_400 },
};
const BYTES: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `before` and `after` are values as written; `undefined` stands for one that is not set. */
export function isNoLooser(name: string, before: string | undefined, after: string | undefined): boolean {
  if (!LIMIT.test(name) || after === undefined) return false;
  if (before === undefined) return UNLIMITED_BY_DEFAULT.test(name);
  const [old, fresh] = [amountOf(before), amountOf(after)];
  return old !== undefined && fresh !== undefined && fresh <= old;
}

/** A limit as a number that can be compared with others of the same kind: what one second admits, or a plain count. */
function amountOf(value: string): number | undefined {
  const text = unquoted(value).trim();
  if (/^unlimited$/i.test(text)) return Infinity;
  const [, count, size = '', , times = '', unit] = /^(\d+)([bkmgt]?)(\/(\d*)([a-z]+))?$/i.exec(text) ?? [];
  // What a bare 0 means is not stated anywhere.
  if (count === undefined || Number(count) === 0) return undefined;
  const amount = Number(count) * (BYTES[size.toLowerCase()] ?? 1);
  if (unit === undefined) return amount;
  const seconds = SECONDS[unit.toLowerCase()];
  return seconds === undefined ? undefined : amount / (seconds * Number(times === '' ? 1 : times));
}
