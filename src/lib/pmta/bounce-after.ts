import { unquoted, type Document } from './document.js';
import { survey } from './survey.js';

/** What PowerMTA does without the directive: 4d12h. */
const DEFAULT_SECONDS = (4 * 24 + 12) * 3600;

const UNITS: Readonly<Record<string, number>> = { w: 7 * 86_400, d: 86_400, h: 3600, m: 60, s: 1 };

/** The longest time that a message may wait in a queue before it bounces, in seconds. */
export function longestBounceAfter(document: Document): number {
  const given = survey(document)
    .all('bounce-after')
    .map(({ directive }) => secondsOf(unquoted(directive.value.text)));
  return Math.max(DEFAULT_SECONDS, ...given);
}

/** A time such as `4d12h`; nothing for what is in another form, which the rules of the configuration find. */
function secondsOf(interval: string): number {
  const parts = [...interval.matchAll(/(\d+)([wdhms])/gi)];
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (UNITS[unit.toLowerCase()] ?? 0), 0);
}
