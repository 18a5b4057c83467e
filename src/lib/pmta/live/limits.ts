import { DomOutput } from './dom-output.js';
import { isRefusal, type Said, words } from './said.js';

/** The settings of a queue that hold it back or let it go again, by the names of their directives. */
const LIMITS = [
  'max-msg-rate',
  'max-smtp-out',
  'max-connect-rate',
  'max-msg-per-connection',
  'retry-after',
  'backoff-max-msg-rate',
  'backoff-max-smtp-out',
  'backoff-retry-after',
  'backoff-to-normal-after',
  'backoff-to-normal-after-delivery',
] as const;

export type Limits = Readonly<Partial<Record<(typeof LIMITS)[number], string>>>;

/** The limits among the effective settings of a queue (`pmta show settings D/V`). Null when they could not be read. */
export function limitsOf(said: Said): Limits | null {
  if (isRefusal(said)) return null;
  const settings = new Map<string, string>();
  for (const [key, value] of new DomOutput(said.text).entries()) settings.set(directive(key), value);
  if (settings.size === 0) {
    for (const [, name = '', value = ''] of said.text.matchAll(/^\s*([a-z][a-z0-9-]+)[\s:=]+"?(.*?)"?\s*$/gm))
      settings.set(name, value);
  }
  const found = LIMITS.flatMap((name) => {
    const value = words(settings.get(name));
    return value === null ? [] : [[name, value] as const];
  });
  return found.length > 0 ? (Object.fromEntries(found) as Limits) : null;
}

/** `settings.maxMsgRate` and `settings.max-msg-rate` are `max-msg-rate`. */
const directive = (key: string): string =>
  (key.split('.').at(-1) ?? key).replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

/** Whether a queue that is in backoff comes out of it by itself. Null when its limits do not tell. */
export function leavesBackoff(limits: Limits): boolean | null {
  const after = limits['backoff-to-normal-after'];
  const upon = limits['backoff-to-normal-after-delivery'];
  if (after === undefined && upon === undefined) return null;
  const byTime = after !== undefined && !/^(never|0[a-z]*)$/i.test(after);
  return byTime || /^(yes|true)$/i.test(upon ?? '');
}
