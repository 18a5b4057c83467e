import type { AdaptationPlan } from './adapt/plan.js';
import type { Document } from './document.js';
import { addressLosses } from './losses/addresses.js';
import { correspondence, sideOf } from './losses/correspondence.js';
import { byLine, type Loss } from './losses/loss.js';
import { nestedLosses } from './losses/nested.js';
import { routeLosses } from './losses/routes.js';
import { settingLosses } from './losses/settings.js';
import { signingLosses } from './losses/signing.js';

export type { Loss };

/**
 * What `before`, a configuration that was adapted, carries and `after`, an adaptation of it, does not: settings that hold for a domain
 * and a virtual MTA, patterns, pools, signing; each by its line in `before`. Of addresses, keys and the map from senders nothing is
 * said: those are what an adaptation replaces.
 *
 * It looks at the two configurations alone and not at how one became the other, so it judges a rendering, and a configuration that
 * runs on a host as well. `like` is the virtual MTA that further ones were made like, `smtpUser` who
 * hands over mail.
 */
export function lossesBetween(
  before: Document,
  after: Document,
  { like, smtpUser }: Pick<AdaptationPlan, 'like' | 'smtpUser'>,
): Loss[] {
  const [old, fresh] = [sideOf(before, smtpUser), sideOf(after, smtpUser)];
  const pairs = correspondence(old, fresh, like);
  return byLine([
    ...routeLosses(old, fresh, pairs),
    ...settingLosses(old, fresh, pairs),
    ...nestedLosses(pairs, fresh),
    ...signingLosses(old, fresh, pairs),
    ...addressLosses(old, fresh, pairs),
  ]);
}
