import { EeError } from '../../errors.js';
import type { Settings } from '../../settings/settings.js';

/** The settings with the first `count` sending identities only; all of them without a count. */
export function withFirstIdentities(settings: Settings, count: number | undefined): Settings {
  const { identities } = settings.sending;
  if (count === undefined) return settings;
  if (count > identities.length) {
    throw new EeError('USAGE', {
      message: `--ips ${count} asks for more sending IPs than SENDING_IPS has (${identities.length}).`,
      hint: 'Add the addresses to SENDING_IPS, or ask for fewer.',
    });
  }
  return { ...settings, sending: { ...settings.sending, identities: identities.slice(0, count) } };
}
