import { converge } from '../../src/lib/converge/converge.js';
import { underLock } from '../../src/lib/converge/lock.js';
import { changesOf, plan } from '../../src/lib/converge/plan.js';
import type { Resource, Stage } from '../../src/lib/converge/resource.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import type { HostName } from '../../src/lib/settings/settings.js';
import { connect } from '../../src/lib/ssh/connect.js';
import type { Host } from '../../src/lib/ssh/host.js';

let runs = 0;

/** Uses a host of a lab over a connection of its own. */
export async function onHost<T>(settingsFile: string, name: HostName, use: (host: Host) => Promise<T>): Promise<T> {
  const host = await connect((await loadSettings(settingsFile)).hosts[name]);
  try {
    return await use(host);
  } finally {
    await host.close();
  }
}

/** The summaries of what a run of its own changes on a host, as `ee deploy` makes it; it must change what the plan said. */
export async function converged(host: Host, resources: readonly Resource[]): Promise<string[]> {
  const stage: Stage = { name: 'test', resources };
  const planned = await plan(host, [stage]);
  const run = { id: `20260101T000000Z-${String((runs += 1)).padStart(4, '0')}`, by: 'alice@example.com' };
  const changes = await underLock(host, run, (locked) => converge(locked, planned, { run, emit: () => undefined }));
  if (changes.length !== changesOf(planned).length)
    throw new Error(`made ${changes.length} changes, not those of the plan`);
  return changes.map(({ summary }) => summary);
}
