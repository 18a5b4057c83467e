import { EeError } from '../../errors.js';
import { wizardRefusal, wizardSteps } from '../../mailwizz/wizard.js';
import { tell, type Work } from './work.js';

/** Drives the application's own wizard over HTTP on the host. A step that does not lead on is a failure with what its page says. */
export async function installByWizard(work: Work): Promise<void> {
  const page = (route: string) => `/install/index.php?route=${route}`;
  for (const step of wizardSteps(work.answers)) {
    tell(work, `answering the wizard: ${step.route}`);
    const answer = await work.browser.post(page(step.route), step.fields);
    const reasons = wizardRefusal(step, answer);
    if (reasons.length === 0) continue;
    throw new EeError('MAILWIZZ_STEP_REFUSED', { step: step.route, reasons }, { where: work.host.name });
  }
}
