import { unreadName, type UnreadDkim } from '../dkim-record.js';
import type { Check, Finding } from './result.js';

/** A key that could not be read here is one that nobody can compare with what DNS says; the rest of its domain is checked as ever. */
export function unreadCheck(key: UnreadDkim, host: string): Check {
  const name = unreadName(key);
  const message = `What the TXT record of ${name} must be is not known here. ${key.reason}`;
  const finding: Finding = { code: 'dkim-unread', message };
  return {
    ...{ kind: 'dkim', host, name, type: 'TXT', right: 'the key can be read' },
    look: () => Promise.resolve({ findings: [finding], seen: [] }),
  };
}
