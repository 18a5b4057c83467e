import type { Directive, Line } from '../document.js';
import { withoutSecret } from '../redact.js';

/** A line of one configuration that does not hold in another one, and what follows from that. */
export interface Loss {
  readonly line: number;
  /** The line as it stands there, without blanks around it and without a secret. */
  readonly text: string;
  /** A clause without a full stop: `vmta-mail1 may send more`. */
  readonly consequence: string;
}

export const lossOf = (line: Line, consequence: string): Loss => ({
  line: line.number,
  text: withoutSecret(line.text).trim(),
  consequence,
});

/** Each line once, with what was found first; in the order of the file. */
export function byLine(losses: Iterable<Loss>): Loss[] {
  const found = new Map<number, Loss>();
  for (const loss of losses) if (!found.has(loss.line)) found.set(loss.line, loss);
  return [...found.values()].sort((a, b) => a.line - b.line);
}

/** The directive on a line, for a setting of which only the line is known. */
export type LineOf = (number: number) => Line | undefined;

/** Settings that decide which way mail takes. */
const WAYS =
  /^(smtp-hosts|route|queue-to|auth-|use-proxy|proxy-protocol|smtp-proxy-|(backoff-)?reroute-|cold-|auto-cold-|disable-mx)/;
const LIMITS = /^(backoff-|source-ip-)?max-|^retry-after$/;

/** What follows where a setting does not hold for what goes through a virtual MTA any more. `to` is a domain, or nothing for all. */
export function consequenceOf(name: string, value: string, through: string, to?: string): string {
  const mail = `mail${to === undefined ? '' : ` to ${to}`}`;
  if (name === 'type' && !/^"?smtp"?$/i.test(value)) return `${mail} through ${through} would be sent`;
  if (name.endsWith('dkim-sign')) return `${mail} through ${through} would be signed otherwise, or not at all`;
  if (LIMITS.test(name)) return `${through} would send ${mail} without this limit`;
  if (WAYS.test(name)) return `${mail} through ${through} would take another way`;
  return `does not hold for ${mail} through ${through}`;
}

export const keywordOf = (directive: Directive): string => directive.keyword.text.toLowerCase();
