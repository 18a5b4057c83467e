import { unquoted, type Line, type Word } from '../document.js';
import { wordsOf } from '../lines.js';
import type { Survey } from '../survey.js';

/** Any address at all. */
export const ANYWHERE = /^(0\/0|0\.0\.0\.0\/0|::\/0|0::\/0)$/;

export interface MonitorAccess {
  readonly line: Line;
  readonly address: Word;
  readonly level: Word | undefined;
}

/**
 * Who is let into the web monitor. The first `http-access` that covers an address decides: what stands after one for every address of
 * its kind is never asked.
 */
export function* monitorAccess({ all }: Survey): Generator<MonitorAccess> {
  const decided = new Set<boolean>();
  for (const { directive } of all('http-access')) {
    const [address, level] = wordsOf(directive.value);
    if (!address) continue;
    const isIpv6 = address.text.includes(':');
    if (decided.has(isIpv6)) continue;
    if (ANYWHERE.test(unquoted(address.text))) decided.add(isIpv6);
    if (level?.text.toLowerCase() !== 'none') yield { line: directive.line, address, level };
  }
}
