import type { Emit } from '../../converge/events.js';
import { hostFacts } from '../../converge/host-facts.js';
import type { Run } from '../../converge/journal.js';
import { underLock } from '../../converge/lock.js';
import type { Change } from '../../converge/resource.js';
import { EeError } from '../../errors.js';
import { counted, type Seen, type State, stateOf } from '../../mailwizz/state.js';
import { phpVersion, WEB_ROOT } from '../../roles/mailwizz.js';
import type { Secret } from '../../secret.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { HostBrowser } from './browser.js';
import { installDirectly } from './direct-route.js';
import { finish, type Route } from './finish.js';
import { bringInstaller, installerFolder, type InstallerFolder } from './installer-folder.js';
import { lookAtMailwizz } from './look.js';
import { scheduleSteps } from './panel/schedules.js';
import { assertSpace, INSTALL_NEEDS, measure } from './panel/space.js';
import { abandon, makeWay, type PanelWork } from './panel/steps.js';
import { replaced, replacePanel, replaceSteps } from './replace.js';
import { assertSchema } from './schema-check.js';
import { undo } from './undo.js';
import { installByWizard } from './wizard-route.js';
import type { Work } from './work.js';

export interface InstallOptions {
  readonly dryRun: boolean;
  /** Replaces a panel and its data, which are kept. */
  readonly replace: boolean;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Asked once before the first change; throws to decline. */
  readonly confirm: (plan: InstallPlan) => Promise<void>;
}

/** What an installation will do: sentences in their order. */
export interface InstallPlan {
  readonly version: string;
  readonly route: Route | 'unknown';
  readonly steps: readonly string[];
  /** The database whose data makes way. */
  readonly replaces?: string;
}

export interface InstallOutcome {
  readonly status: 'unchanged' | 'planned' | 'changed';
  readonly version: string;
  readonly changes: readonly Change[];
  /** What a dry run would do. */
  readonly steps: readonly string[];
}

/** What an installation brings along from this machine. */
export interface InstallMaterial {
  readonly purchaseCode: Secret;
  readonly installer?: InstallerFolder;
}

/** Brings together, before any host is touched, what cannot be missing. */
export async function installMaterial({ mailwizz }: Settings): Promise<InstallMaterial> {
  const { purchaseCode, installDir } = mailwizz;
  if (purchaseCode === undefined) throw new EeError('MAILWIZZ_NO_PURCHASE_CODE', {});
  return { purchaseCode, ...(installDir === undefined ? {} : { installer: await installerFolder(installDir) }) };
}

/** Installs MailWizz on VPS1, or goes on where a run was cut; an installed one is left alone. */
export async function installMailwizz(
  host: Host,
  settings: Settings,
  material: InstallMaterial,
  options: InstallOptions,
): Promise<InstallOutcome> {
  if (options.dryRun) return installed(host, settings, material, options);
  return underLock(host, options.run, (locked) => installed(locked, settings, material, options));
}

async function installed(
  host: Host,
  settings: Settings,
  material: InstallMaterial,
  options: InstallOptions,
): Promise<InstallOutcome> {
  const { dryRun, emit, signal, confirm, run } = options;
  emit({ kind: 'step', host: host.name, step: 'looking at what is there' });
  const php = phpVersion(await hostFacts(host), host.name);
  const made: Change[] = [];
  const panel: PanelWork = { host, php, database: settings.mailwizz.database, run, emit, signal, made };
  const seen = await lookBeyondCut(panel, settings, dryRun);
  const { underWay } = seen;
  const version = seen.version ?? '';
  const state = stateOf(seen, settings.mailwizz);
  const replaces = underWay === undefined && options.replace ? inTheWay(state, seen) : undefined;
  if (state.kind === 'installed' && replaces === undefined) {
    if (underWay && !dryRun) await replaced(panel);
    return { status: 'unchanged', version, changes: [], steps: [] };
  }
  if (replaces === undefined) assertFree(host, state, settings);
  await assertSchema(host, WEB_ROOT, version, signal);
  const plan = planOf(host, seen, replaces === undefined ? state : { kind: 'fresh' }, material);
  const first =
    replaces === undefined
      ? []
      : [...(await scheduleSteps(panel)), ...replaceSteps(settings.mailwizz.database.name, replaces, seen)];
  const rest = underWay ? [`go on with the replacement that run ${underWay.run} began`] : [];
  const steps = [...first, ...rest, ...plan.steps];
  if (dryRun) return { status: 'planned', version, changes: [], steps };
  await confirm({ ...plan, steps, ...(replaces === undefined ? {} : { replaces: panel.database.name }) });

  if (replaces !== undefined) await replacePanel(panel, run, seen);
  else assertSpace(host, INSTALL_NEEDS, await measure(host, panel.database.name, signal));
  const browser = await HostBrowser.open(host, settings.mailwizz.panelDomain, signal);
  const answers = { ...settings.mailwizz, purchaseCode: material.purchaseCode };
  const work: Work = { host, answers, php, version, browser, run, emit, signal, made };
  try {
    if (state.kind === 'half-made' && replaces === undefined) await undo(work, state.found);
    if (plan.route === 'wizard') {
      if (seen.installer === undefined && material.installer) await bringInstaller(work, material.installer);
      await installByWizard(work);
    } else if (plan.route === 'direct') {
      await installDirectly(work);
    }
    await finish(work, settings, plan.route);
  } finally {
    await browser.close();
  }
  if (replaces !== undefined || underWay) await replaced(panel);
  return { status: 'changed', version, changes: made, steps: [] };
}

/**
 * Looks at what is there. A replacement that was cut has been agreed to: it is gone on with, or ended where it has changed nothing
 * yet. Other work that was cut is not ours to go on with.
 */
async function lookBeyondCut(panel: PanelWork, settings: Settings, dryRun: boolean): Promise<Seen> {
  const look = () => lookAtMailwizz(panel.host, settings, panel.php, panel.signal);
  const seen = await look();
  const { underWay } = seen;
  if (underWay === undefined) return seen;
  if (underWay.phase === 'installing' && (underWay.kind === 'replace' || seen.proven)) return seen;
  if (underWay.kind !== 'replace' || dryRun) throw new EeError('MAILWIZZ_CUT', underWay, { where: panel.host.name });
  await (underWay.phase === 'keeping' ? abandon(panel, underWay) : makeWay(panel, underWay));
  return look();
}

/** What a replacement would take away, for people; undefined where there is nothing that would have to be kept. */
function inTheWay(state: State, { rows }: Seen): string[] | undefined {
  if (state.kind === 'in-use') return [...state.found];
  if (state.kind !== 'installed') return undefined;
  return [...rows].flatMap(([table, count]) => counted(count, table));
}

function assertFree(host: Host, state: State, { mailwizz: { database } }: Settings): void {
  const where = { where: host.name };
  if (state.kind === 'unprepared') throw new EeError('MAILWIZZ_NOT_READY', { reason: state.reason }, where);
  if (state.kind === 'foreign') throw new EeError('MAILWIZZ_CONFIG_FOREIGN', { leads: state.leads }, where);
  if (state.kind === 'in-use') {
    throw new EeError('MAILWIZZ_IN_USE', { database: database.name, found: state.found }, where);
  }
}

/** The wizard where there is one of the same version; never one of another. */
function planOf(host: Host, seen: Seen, state: State, { installer }: InstallMaterial): InstallPlan {
  const version = seen.version ?? '';
  const prove = 'remove the wizard, close what it opened, and prove that the panel is empty and works';
  if (state.kind === 'unfinished') {
    return { version, route: 'unknown', steps: ['finish an installation that was cut', prove] };
  }
  // A wizard that says no version came with the application.
  const wizard = seen.installer ? (seen.installer.version ?? version) : installer?.version;
  if (wizard !== undefined && wizard !== version) {
    const place = seen.installer ? 'install/ on the host' : 'MAILWIZZ_INSTALL_DIR';
    throw new EeError('MAILWIZZ_VERSIONS_DIFFER', { place, wizard, application: version }, { where: host.name });
  }
  const route = wizard === undefined ? 'direct' : 'wizard';
  const steps = [
    ...(state.kind === 'half-made' ? [`undo a half-made installation (${state.found})`] : []),
    ...(route === 'wizard' && !seen.installer ? [`bring the wizard of MailWizz ${version}`] : []),
    route === 'wizard'
      ? `install MailWizz ${version} through its own wizard`
      : `install MailWizz ${version} from its own SQL files, and let it verify its licence`,
    prove,
  ];
  return { version, route, steps };
}
