import { EeError } from '../../errors.js';
import { CONFIG_FILE, INSTALLER, WRITABLE_FOLDERS } from '../../mailwizz/layout.js';
import { notEmpty } from '../../mailwizz/state.js';
import { WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import { placeConfiguration, READ_CONFIGURATION } from '../../roles/panel-configuration.js';
import type { Settings } from '../../settings/settings.js';
import { quote } from '../../ssh/shell-quote.js';
import { Answers } from '../status/proof.js';
import { firstVisit, licenceRefusal } from './backend.js';
import { healthProblems, healthQuestions } from './health.js';
import { lookAtMailwizz } from './look.js';
import { markScript } from './mark.js';
import { AS_PANEL_USER } from './panel/as-panel-user.js';
import { succeed } from './succeed.js';
import { undo } from './undo.js';
import { make, tell, type Work } from './work.js';

/** How the tables and the administrator came to be. */
export type Route = 'wizard' | 'direct';

/**
 * What follows on either way: the wizard goes, what it opened is closed, the administrator's first visit settles the addresses,
 * and everything is proven. Only then the mark is set, with which the panel answers the world and cron begins.
 */
export async function finish(work: Work, settings: Settings, route: Route | 'unknown'): Promise<void> {
  await removeInstaller(work);
  await tighten(work);
  await firstVisit(work);
  if (route !== 'wizard') await verifyLicence(work);
  await prove(work, settings);
  await make(work, 'mailwizz:installed', {
    action: 'create',
    summary: `MailWizz ${work.version} is installed, empty and proven: open the panel, and let cron begin`,
    script: markScript({ version: work.version, run: work.run.id }),
  });
}

async function removeInstaller(work: Work): Promise<void> {
  const folder = quote(`${WEB_ROOT}/${INSTALLER}`);
  const { code } = await work.host.run(`[ -e ${folder} ]`, { signal: work.signal });
  if (code !== 0) return;
  await make(work, 'mailwizz:installer', {
    action: 'remove',
    summary: 'remove the wizard: it is open to whoever reaches it',
    script: `rm -rf ${folder}`,
  });
}

/** The wizard makes what it writes to open to everybody, and the configuration with its password readable. */
async function tighten(work: Work): Promise<void> {
  await make(work, 'mailwizz:modes', {
    action: 'update',
    summary: 'close what the installation left open, and hide the configuration',
    script: TIGHTEN,
  });
}

export const TIGHTEN = [
  `cd ${quote(WEB_ROOT)}`,
  // As PHP, whose files they are; what is left open, or is somebody else's, is found by the proof.
  `${AS_PANEL_USER} find ${WRITABLE_FOLDERS.join(' ')} -user ${WEB_USER} ! -type l -exec chmod u=rwX,go=rX {} + || :`,
  `[ ! -L ${CONFIG_FILE} ] || { echo '${CONFIG_FILE} is no file but a link: look who made it'; exit 1; }`,
  placeConfiguration(READ_CONFIGURATION),
].join('\n');

async function verifyLicence(work: Work): Promise<void> {
  const reasons = await licenceRefusal(work);
  if (reasons.length === 0) return;
  await undo(work, 'its licence was refused');
  throw new EeError('MAILWIZZ_LICENCE_REFUSED', { reasons }, { where: work.host.name });
}

/** Nothing of the old system is in it, and all that users and mails need answers. */
async function prove(work: Work, settings: Settings): Promise<void> {
  tell(work, 'proving that it is empty and that it works');
  const { host, php, signal } = work;
  const full = notEmpty(await lookAtMailwizz(host, settings, php, signal));
  const output = await succeed(host, healthQuestions(settings.mailwizz, php), 'asking the panel', signal);
  const problems = [...full, ...healthProblems(new Answers(output), settings.mailwizz)];
  if (problems.length > 0) throw new EeError('MAILWIZZ_NOT_PROVEN', { problems }, { where: host.name });
}
