import { hostFacts } from '../../converge/host-facts.js';
import { EeError } from '../../errors.js';
import { cutWork, stateOf } from '../../mailwizz/state.js';
import { phpVersion } from '../../roles/mailwizz.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { lookAtMailwizz } from './look.js';

/** The version of PHP that an installed MailWizz runs on; fails where none is installed. */
export async function phpOfInstalled(host: Host, settings: Settings, signal: AbortSignal): Promise<string> {
  const php = phpVersion(await hostFacts(host), host.name);
  const seen = await lookAtMailwizz(host, settings, php, signal);
  const cut = cutWork(seen);
  if (cut) throw new EeError('MAILWIZZ_CUT', cut, { where: host.name });
  const state = stateOf(seen, settings.mailwizz);
  if (state.kind !== 'installed') throw new EeError('MAILWIZZ_NOT_INSTALLED', {}, { where: host.name });
  return php;
}
