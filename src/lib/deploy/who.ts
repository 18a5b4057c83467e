import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { runId, type Run } from '../converge/journal.js';

/** A new run, by the one who sits at this machine. */
export function newRun(now = new Date()): Run {
  return { id: runId(now, randomBytes(3).toString('hex')), by: `${userInfo().username}@${hostname()}` };
}
