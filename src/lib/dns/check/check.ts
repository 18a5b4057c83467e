import type { MailExchange } from '../values.js';
import type { NameView } from '../view.js';
import { judged, type Said, type Write } from './judge.js';
import type { Check, Finding, Looking } from './result.js';

/** What a check is about. */
export type Subject = Omit<Check, 'look'>;

/** A check of one name: what is asked, and how what the servers agree on is judged. */
export function checkOf<Value>(
  subject: Subject,
  ask: (dns: Looking) => Promise<NameView<Value>>,
  write: Write<Value>,
  judge: (said: Said<Value>, dns: Looking) => readonly Finding[] | Promise<readonly Finding[]>,
): Check {
  return { ...subject, look: async (dns) => judged(await ask(dns), write, (said) => judge(said, dns)) };
}

/** A value that is text already. */
export const asIs = (value: string): string => value;

export const writeMx = ({ priority, exchange }: MailExchange): string => `${priority} ${exchange || '.'}`;
