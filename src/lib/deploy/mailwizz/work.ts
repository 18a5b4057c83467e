import { applyStage } from '../../converge/apply.js';
import type { Emit } from '../../converge/events.js';
import type { Run } from '../../converge/journal.js';
import { asLocked } from '../../converge/locked-host.js';
import type { Change, Difference } from '../../converge/resource.js';
import type { WizardAnswers } from '../../mailwizz/wizard.js';
import type { Host } from '../../ssh/host.js';
import type { HostBrowser } from './browser.js';

/** An installation at work: where, with what, and what it has made so far. */
export interface Work {
  readonly host: Host;
  /** The settings of MailWizz, with a purchase code. */
  readonly answers: WizardAnswers & { readonly panelDomain: string };
  /** Version of PHP on the host: `8.2`. */
  readonly php: string;
  /** MW_VERSION of the unpacked application. */
  readonly version: string;
  readonly browser: HostBrowser;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly made: Change[];
}

/** What a change needs of it. */
export type Making = Pick<Work, 'host' | 'run' | 'emit' | 'signal' | 'made'>;

/** Makes one change as a deployment does: told, in the journal, and ended by the next run should this one's line die. */
export async function make(work: Making, id: string, difference: Difference): Promise<void> {
  const planned = {
    stage: { name: 'MailWizz', resources: [] },
    changes: [{ id, difference, notifies: [] }],
    handlers: [],
  };
  work.made.push(...(await applyStage(asLocked(work.host), planned, work)));
}

/** Tells what is being done, where that changes nothing by itself. */
export function tell({ host, emit }: Work, step: string): void {
  emit({ kind: 'step', host: host.name, step });
}
