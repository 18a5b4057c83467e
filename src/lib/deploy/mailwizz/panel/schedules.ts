import { applyStage } from '../../../converge/apply.js';
import { asLocked } from '../../../converge/locked-host.js';
import { changesOf, plan, type Plan } from '../../../converge/plan.js';
import { WEB_USER } from '../../../roles/mailwizz.js';
import { noSchedules } from '../../../roles/panel-schedules.js';
import type { Making } from '../work.js';

const STAGE = { name: 'MailWizz', resources: [noSchedules(WEB_USER)] };

const planned = ({ host, signal }: Pick<Making, 'host' | 'signal'>): Promise<Plan> => plan(host, [STAGE], { signal });

/** What of the panel's user would be set aside before work on the panel, as sentences; a deployment may be long ago. */
export async function scheduleSteps(work: Pick<Making, 'host' | 'signal'>): Promise<string[]> {
  return changesOf(await planned(work)).map(({ summary }) => summary);
}

/** Keeps the panel's user from beginning processes by himself while his panel is worked on, and afterwards. */
export async function refuseSchedules(work: Making): Promise<void> {
  for (const stage of (await planned(work)).stages) {
    if (stage.changes.length > 0) work.made.push(...(await applyStage(asLocked(work.host), stage, work)));
  }
}
