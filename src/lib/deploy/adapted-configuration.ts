import { FIRST_SELECTOR } from '../dkim-selector.js';
import { currentSelector } from '../dkim/key-store.js';
import { adapt } from '../pmta/adapt.js';
import { adaptationPlan, type AdaptationPlan } from '../pmta/adapt/plan.js';
import type { Settings } from '../settings/settings.js';
import { assertRenderable, includeReport, takeInFrom } from './backup-configuration.js';

/** Selectors by domain, for those that shall not sign with their active key. */
export type Selectors = ReadonlyMap<string, string>;

/**
 * The configuration of the backup set, with the files of the set that it includes, adapted to the identities of the settings, each with
 * the selector that signs for it now or with the given one. Throws PMTA_CONFIG_UNUSABLE and PMTA_INCLUDES_MISSING where it cannot be.
 */
export async function adaptedConfiguration(
  settings: Settings,
  bytes: Buffer,
  selectors: Selectors = new Map(),
): Promise<ReturnType<typeof adapt>> {
  const intake = await takeInFrom(settings.backup.dir, bytes);
  assertRenderable(intake);
  const { document, report } = adapt(intake.document, await withSelectors(settings, selectors));
  const placed = report.map((item) => (item.line === undefined ? item : { ...item, ...intake.placeOf(item.line) }));
  return { document, report: [...includeReport(intake), ...placed] };
}

async function withSelectors(settings: Settings, selectors: Selectors): Promise<AdaptationPlan> {
  const plan = adaptationPlan(settings, FIRST_SELECTOR);
  const selectorOf = async (domain: string): Promise<string> =>
    selectors.get(domain) ?? (await currentSelector(settings.secretsDir, domain)) ?? FIRST_SELECTOR;
  const identities = await Promise.all(
    plan.identities.map(async (identity) => ({ ...identity, selector: await selectorOf(identity.domain) })),
  );
  return { ...plan, identities };
}
