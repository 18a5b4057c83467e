import type { Emit } from '../../converge/events.js';
import { hostFacts } from '../../converge/host-facts.js';
import type { Run } from '../../converge/journal.js';
import { underLock } from '../../converge/lock.js';
import type { Change } from '../../converge/resource.js';
import { EeError } from '../../errors.js';
import { CLOSED_MARK, TABLE_PREFIX } from '../../mailwizz/layout.js';
import { cutWork, type Seen, stateOf } from '../../mailwizz/state.js';
import type { UnderWay } from '../../mailwizz/under-way.js';
import { compareVersions } from '../../mailwizz/version.js';
import { phpVersion, WEB_ROOT } from '../../roles/mailwizz.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { Answers } from '../status/proof.js';
import { healthProblems, healthQuestions } from './health.js';
import { lookAtMailwizz } from './look.js';
import { markScript } from './mark.js';
import { BESIDE, keptPlaces } from './panel/places.js';
import { scheduleSteps } from './panel/schedules.js';
import { assertSpace, keepNeeds, measure, releaseNeeds } from './panel/space.js';
import { abandon, closeAndKeep, goBack, type PanelWork } from './panel/steps.js';
import { DONE_SCRIPT, noteScript } from './panel/under-way.js';
import type { Release } from './release.js';
import { assertSchema } from './schema-check.js';
import { succeed } from './succeed.js';
import { placeScript, stagedRelease, unpackScript, updateScript } from './upgrade-scripts.js';
import { make } from './work.js';

export interface UpgradeOptions {
  readonly dryRun: boolean;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Asked once before the first change; throws to decline. */
  readonly confirm: (steps: readonly string[]) => Promise<void>;
}

export interface UpgradeOutcome {
  readonly status: 'unchanged' | 'planned' | 'changed';
  /** The version that was there, and the one of the release. */
  readonly from: string;
  readonly to: string;
  readonly changes: readonly Change[];
  /** What a dry run would do. */
  readonly steps: readonly string[];
}

/**
 * Upgrades MailWizz on VPS1 to a release: the panel is closed and kept, the files are replaced but for what is the panel's own, and
 * the application itself brings its database along. What fails is taken back at once; what was cut, by the next run.
 */
export async function upgradeMailwizz(
  host: Host,
  settings: Settings,
  release: Release,
  options: UpgradeOptions,
): Promise<UpgradeOutcome> {
  if (options.dryRun) return upgraded(host, settings, release, options);
  return underLock(host, options.run, (locked) => upgraded(locked, settings, release, options));
}

async function upgraded(
  host: Host,
  settings: Settings,
  release: Release,
  { dryRun, run, emit, signal, confirm }: UpgradeOptions,
): Promise<UpgradeOutcome> {
  emit({ kind: 'step', host: host.name, step: 'looking at what is there' });
  const php = phpVersion(await hostFacts(host), host.name);
  const work: PanelWork = { host, php, database: settings.mailwizz.database, run, emit, signal, made: [] };
  const seen = await lookBeyondCut(work, settings, dryRun);
  const from = seen.version ?? '';
  assertUpgradable(host, settings, seen, release);
  const outcome = { from, to: release.version };
  if (compareVersions(release.version, from) === 0) return { status: 'unchanged', ...outcome, changes: [], steps: [] };
  const steps = [...(await scheduleSteps(work)), ...stepsOf(from, release, work.database.name)];
  const sizes = await measure(host, work.database.name, signal);
  assertSpace(host, [...keepNeeds(sizes), ...releaseNeeds(release, sizes.uploads)], sizes);
  if (dryRun) return { status: 'planned', ...outcome, changes: [], steps };
  await confirm(steps);

  await make(work, 'mailwizz:release', {
    action: 'create',
    summary: `bring MailWizz ${release.version}, and ask it whether it runs on PHP ${php}`,
    uploads: [{ source: release.path, bytes: release.bytes, sha256: release.sha256, target: stagedRelease(release) }],
    script: unpackScript(release, php),
  });
  await assertSchema(host, BESIDE.part, release.version, signal);
  const begun: UnderWay = { kind: 'upgrade', run: run.id, by: run.by, phase: 'keeping' };
  await closeAndKeep(work, begun, from);
  try {
    await change(work, begun, settings, release);
  } catch (error) {
    // An interrupted run asks the host for nothing more; the next one takes it back.
    if (signal.aborted) throw error;
    await goBack(work, begun);
    const reason = error instanceof Error ? error.message : String(error);
    throw new EeError('MAILWIZZ_UPGRADE_FAILED', { ...outcome, reason }, { where: host.name, cause: error });
  }
  return { status: 'changed', ...outcome, changes: work.made, steps: [] };
}

async function change(work: PanelWork, begun: UnderWay, settings: Settings, release: Release): Promise<void> {
  const { host, php, database, signal } = work;
  const siteStatus = await siteStatusOf(work);
  await make(work, 'mailwizz:web-root', {
    action: 'update',
    summary: `put MailWizz ${release.version} into place, with the configuration, uploads and extensions of the panel`,
    script: placeScript(keptPlaces(begun.run), php),
  });
  await make(work, 'mailwizz:database', {
    action: 'update',
    summary: `let MailWizz bring its database to ${release.version}`,
    script: updateScript(release.version, php, database.name, siteStatus),
  });
  const output = await succeed(host, healthQuestions(settings.mailwizz, php), 'asking the panel', signal);
  const problems = healthProblems(new Answers(output), settings.mailwizz);
  if (problems.length > 0) throw new EeError('MAILWIZZ_NOT_PROVEN', { problems }, { where: host.name });
  await make(work, 'mailwizz:upgraded', {
    action: 'update',
    summary: `MailWizz ${release.version} answers as it must: open the panel, and keep the former one for \`ee rollback vps1\``,
    script: [
      noteScript({ ...begun, phase: 'installing' }),
      markScript({ version: release.version, run: begun.run }),
      `rm -f ${WEB_ROOT}/${CLOSED_MARK}`,
      DONE_SCRIPT,
    ].join('\n'),
  });
}

/** Whether the operator had it online; the application takes itself offline while its files are newer than its database. */
async function siteStatusOf({ host, database, signal }: PanelWork): Promise<'online' | 'offline'> {
  const query = `SELECT value FROM \`${database.name}\`.\`${TABLE_PREFIX}option\` WHERE category = 'system.common' AND \`key\` = 'site_status';`;
  const status = await succeed(host, `mariadb -N -r <<'EE_SQL'\n${query}\nEE_SQL`, 'asking the panel', signal);
  return status.trim() === 'offline' ? 'offline' : 'online';
}

/** Looks at what is there. An upgrade that was cut is taken back first: half of its changes may be made. */
async function lookBeyondCut(work: PanelWork, settings: Settings, dryRun: boolean): Promise<Seen> {
  const look = () => lookAtMailwizz(work.host, settings, work.php, work.signal);
  const seen = await look();
  const cut = cutWork(seen);
  if (cut === undefined) return seen;
  if (cut.kind !== 'upgrade' || dryRun) throw new EeError('MAILWIZZ_CUT', cut, { where: work.host.name });
  await (cut.phase === 'keeping' ? abandon(work, cut) : goBack(work, cut));
  return look();
}

function assertUpgradable(host: Host, { mailwizz }: Settings, seen: Seen, { version }: Release): void {
  const where = { where: host.name };
  if (stateOf(seen, mailwizz).kind !== 'installed') throw new EeError('MAILWIZZ_NOT_INSTALLED', {}, where);
  const installed = seen.version ?? '';
  if (compareVersions(version, installed) < 0) {
    throw new EeError('MAILWIZZ_NOT_NEWER', { version, installed }, where);
  }
}

function stepsOf(from: string, { version }: Release, database: string): string[] {
  return [
    `close the panel (MailWizz ${from}), and keep it: a dump of ${database} that is read back and compared, and its web root`,
    `put MailWizz ${version} into place, with the configuration, uploads and extensions of the panel`,
    'let the application bring its database along, prove the panel, and open it',
  ];
}
