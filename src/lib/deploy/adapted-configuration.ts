import { currentSelector } from '../dkim/key-store.js';
import { FIRST_SELECTOR } from '../dkim/selector.js';
import { adapt } from '../pmta/adapt.js';
import { adaptationPlan, type AdaptationPlan } from '../pmta/adapt/plan.js';
import { parseDocument } from '../pmta/parse.js';
import type { Settings } from '../settings/settings.js';

/** The configuration, adapted to the identities of the settings, each with the selector that signs for it now. */
export async function adaptedConfiguration(settings: Settings, bytes: Buffer): Promise<ReturnType<typeof adapt>> {
  return adapt(parseDocument(bytes), await withCurrentSelectors(settings));
}

async function withCurrentSelectors(settings: Settings): Promise<AdaptationPlan> {
  const plan = adaptationPlan(settings, FIRST_SELECTOR);
  const identities = await Promise.all(
    plan.identities.map(async (identity) => ({
      ...identity,
      selector: (await currentSelector(settings.secretsDir, identity.domain)) ?? FIRST_SELECTOR,
    })),
  );
  return { ...plan, identities };
}
