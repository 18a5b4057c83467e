import { unreadName, type UnreadDkim } from '../dkim-record.js';
import type { Check, Finding } from './result.js';

/** A key that could not be read here is one that nobody can compare with what DNS says; the rest of its domain is checked as ever. */
export function unreadCheck(key: UnreadDkim, host: string): Check {
  const finding: Finding = { code: 'dkim-unread', message: `What DNS must have is not known. ${key.reason}` };
  return {
    ...{ kind: 'dkim', host, name: unreadName(key), type: 'TXT', right: 'the key can be read' },
    look: () => Promise.resolve({ findings: [finding], seen: [] }),
  };
}
