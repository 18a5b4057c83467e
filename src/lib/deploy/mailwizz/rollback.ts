import type { Emit } from '../../converge/events.js';
import { hostFacts } from '../../converge/host-facts.js';
import type { Run } from '../../converge/journal.js';
import { underLock } from '../../converge/lock.js';
import type { Change } from '../../converge/resource.js';
import { EeError } from '../../errors.js';
import { cutWork, whyUnprepared } from '../../mailwizz/state.js';
import type { UnderWay } from '../../mailwizz/under-way.js';
import { phpVersion } from '../../roles/mailwizz.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { Answers } from '../status/proof.js';
import { healthProblems, healthQuestions } from './health.js';
import { lookAtMailwizz } from './look.js';
import { chosenPanel, type KeptPanel, keptPanels } from './panel/kept-panels.js';
import { refuseSchedules, scheduleSteps } from './panel/schedules.js';
import { assertSpace, keepNeeds, measure, returnNeeds } from './panel/space.js';
import { abandon, closeAndKeep, exchange, goBack, type PanelWork } from './panel/steps.js';
import { succeed } from './succeed.js';

export interface RollbackOptions {
  readonly dryRun: boolean;
  /** The run whose replaced panel returns; the newest one where none is named. */
  readonly to: string | undefined;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Asked once before the first change; throws to decline. */
  readonly confirm: (steps: readonly string[]) => Promise<void>;
}

export interface RollbackOutcome {
  readonly status: 'planned' | 'changed';
  /** The run whose work was taken back. */
  readonly to: string;
  readonly changes: readonly Change[];
  /** What a dry run would do. */
  readonly steps: readonly string[];
  /** What of the panel that came back is not as it should be. */
  readonly problems: readonly string[];
}

/**
 * Brings a kept panel back: web root, configuration, uploads and database, row for row. Work that was cut is taken back, or finished
 * where it was a rollback itself; else the panel that is there is kept in its turn, so that this can be undone too.
 */
export async function rollBackPanel(
  host: Host,
  settings: Settings,
  options: RollbackOptions,
): Promise<RollbackOutcome> {
  if (options.dryRun) return rolledBack(host, settings, options);
  return underLock(host, options.run, (locked) => rolledBack(locked, settings, options));
}

async function rolledBack(host: Host, settings: Settings, options: RollbackOptions): Promise<RollbackOutcome> {
  const { dryRun, run, emit, signal, to, confirm } = options;
  emit({ kind: 'step', host: host.name, step: 'looking at what is there' });
  const php = phpVersion(await hostFacts(host), host.name);
  const { database } = settings.mailwizz;
  const work: PanelWork = { host, php, database, run, emit, signal, made: [] };
  const seen = await lookAtMailwizz(host, settings, php, signal);
  const underWay = cutWork(seen);
  const kept = await keptPanels(host, signal);

  if (underWay && (to === undefined || underWay.phase !== 'keeping')) {
    if (to !== undefined && to !== (underWay.target ?? underWay.run)) {
      throw new EeError('MAILWIZZ_CUT', underWay, { where: host.name });
    }
    const steps = [...(await scheduleSteps(work)), saying(underWay)];
    const ended = underWay.target ?? underWay.run;
    if (dryRun) return { status: 'planned', to: ended, changes: [], steps, problems: [] };
    await confirm(steps);
    await endCut(work, underWay);
    return {
      status: 'changed',
      to: ended,
      changes: work.made,
      steps: [],
      problems: await problemsOf(work, settings),
    };
  }
  const target = chosenPanel(kept, to, database.name);
  const reason = whyUnprepared(seen, database.name);
  if (reason !== undefined) throw new EeError('MAILWIZZ_NOT_READY', { reason }, { where: host.name });
  const steps = [...(await scheduleSteps(work)), ...stepsOf(target, seen.version ?? '')];
  if (dryRun) return { status: 'planned', to: target.id, changes: [], steps, problems: [] };
  await confirm(steps);
  if (underWay) await abandon(work, underWay);
  const sizes = await measure(host, database.name, signal);
  assertSpace(host, [...keepNeeds(sizes), ...returnNeeds(target, sizes)], sizes);
  const begun: UnderWay = { kind: 'rollback', run: run.id, by: run.by, phase: 'keeping', target: target.id };
  await closeAndKeep(work, begun, seen.version);
  await exchange(work, begun, target.id);
  const problems = target.proven ? await problemsOf(work, settings) : [];
  return { status: 'changed', to: target.id, changes: work.made, steps: [], problems };
}

/** Takes cut work back, or finishes it where it was bringing a panel back itself. */
async function endCut(work: PanelWork, underWay: UnderWay): Promise<void> {
  await refuseSchedules(work);
  if (underWay.phase === 'keeping') await abandon(work, underWay);
  else if (underWay.target === undefined) await goBack(work, underWay);
  else await exchange(work, underWay, underWay.target);
}

function saying({ kind, run, by, phase, target }: UnderWay): string {
  const what = { replace: 'a replacement', upgrade: 'an upgrade', rollback: 'a rollback' }[kind];
  if (phase === 'keeping')
    return `open the panel again, which ${what} (run ${run} of ${by}) closed and has not changed`;
  if (target !== undefined)
    return `finish the rollback that run ${run} of ${by} began: the panel that run ${target} replaced`;
  return `bring back the panel as it was before ${what} that was cut (run ${run} of ${by})`;
}

function stepsOf({ id, kept, version, tables }: KeptPanel, now: string): string[] {
  return [
    `close the panel (MailWizz ${now}), and keep it: what came into it since ${kept}, unsubscribes and bounces too, is then in what is kept alone`,
    `bring back the one that run ${id} replaced on ${kept}: MailWizz ${version ?? '?'}, ${tables} tables, its configuration and uploads`,
  ];
}

async function problemsOf({ host, php, signal }: PanelWork, { mailwizz }: Settings): Promise<string[]> {
  const output = await succeed(host, healthQuestions(mailwizz, php), 'asking the panel', signal);
  return healthProblems(new Answers(output), mailwizz);
}
