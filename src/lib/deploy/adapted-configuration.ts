import { FIRST_SELECTOR } from '../dkim-selector.js';
import { currentSelector } from '../dkim/key-store.js';
import { adapt } from '../pmta/adapt.js';
import type { AdaptationReport } from '../pmta/adapt/report.js';
import { adaptationPlan, type AdaptationPlan } from '../pmta/adapt/plan.js';
import type { Settings } from '../settings/settings.js';
import { withOverlay, type WithOverlay } from './overlay.js';
import { assertRenderable, includeReport, takeInFrom } from './backup-configuration.js';

/** Selectors by domain, for those that shall not sign with their active key. */
export type Selectors = ReadonlyMap<string, string>;

/** A rendering: the configuration of the backup set adapted to the settings, with the operator's overlay in it. */
export interface Rendering extends WithOverlay {
  readonly report: AdaptationReport;
}

/**
 * The configuration of the backup set, with the files of the set that it includes, adapted to the identities of the settings, each with
 * the selector that signs for it now or with the given one, and with the overlay of the settings merged in. Throws
 * PMTA_CONFIG_UNUSABLE, PMTA_INCLUDES_MISSING, PMTA_OVERLAY_MISSING and PMTA_OVERLAY_REFUSED where it cannot be.
 */
export async function adaptedConfiguration(
  settings: Settings,
  bytes: Buffer,
  selectors: Selectors = new Map(),
): Promise<Rendering> {
  const intake = await takeInFrom(settings.backup.dir, bytes);
  assertRenderable(intake);
  const plan = await withSelectors(settings, selectors);
  const { document, report } = adapt(intake.document, plan);
  const placed = report.map((item) => (item.line === undefined ? item : { ...item, ...intake.placeOf(item.line) }));
  const merged = await withOverlay(document, settings, plan.feeders);
  return { ...merged, report: [...includeReport(intake), ...placed, ...(merged.overlay?.report ?? [])] };
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
