import { EeError } from '../../errors.js';
import type { SendingIdentity } from '../../settings/settings.js';

/** The senders that were named, by number or by address, in the order of the settings; all of them where none was. Throws USAGE. */
export function chosenSenders(
  identities: readonly SendingIdentity[],
  names: readonly string[],
): readonly SendingIdentity[] {
  if (names.length === 0) return identities;
  const named = new Set(names.map((name) => senderOf(identities, name)));
  return identities.filter((identity) => named.has(identity));
}

function senderOf(identities: readonly SendingIdentity[], name: string): SendingIdentity {
  const found = identities.find(
    ({ index, sender }) => String(index) === name || sender.toLowerCase() === name.toLowerCase(),
  );
  if (found) return found;
  const known = identities.slice(0, 5).map(({ index, sender }) => `${index} (${sender})`);
  throw new EeError('USAGE', {
    message: `There is no sender ${name}.`,
    hint: `The settings have ${known.join(', ')}${identities.length > 5 ? ', …' : ''}.`,
  });
}
